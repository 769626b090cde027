/** Front matter as the usual programs write it: YAML between `---`, TOML between `+++`, or a JSON object. */
import { parse as parseToml } from "smol-toml";
import { parse as parseYaml } from "yaml";

export interface FrontMatter {
  readonly fields: ReadonlyMap<string, unknown>;
  readonly text: string;
}

/** @throws Error that says what is wrong with it */
export function splitFrontMatter(source: string): FrontMatter {
  const text = source.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  const yaml = /^---[ \t]*\n([\s\S]*?)(?:^|\n)---[ \t]*(?:\n|$)/.exec(text);
  if (yaml !== null) return made(parseYaml(yaml[1] ?? "", { logLevel: "error" }), text.slice(yaml[0].length));
  const toml = /^\+\+\+[ \t]*\n([\s\S]*?)(?:^|\n)\+\+\+[ \t]*(?:\n|$)/.exec(text);
  if (toml !== null) return made(parseToml(toml[1] ?? ""), text.slice(toml[0].length));
  const json = /^(\{\n[\s\S]*?\n\})[ \t]*(?:\n|$)/.exec(text);
  if (json !== null) return made(JSON.parse(json[1] ?? ""), text.slice(json[0].length));
  return { fields: new Map(), text };
}

function made(fields: unknown, text: string): FrontMatter {
  if (fields === null || fields === undefined) return { fields: new Map(), text };
  if (typeof fields !== "object" || Array.isArray(fields))
    throw new Error("the front matter is no list of fields");
  return { fields: new Map(Object.entries(fields)), text };
}

/** A field as text: numbers and dates are written as they would be read. */
export function textField(fields: FrontMatter["fields"], ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = fields.get(name);
    if (typeof value === "string") return value;
    if (typeof value === "number") return String(value);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  }
  return undefined;
}

/** A field as a list of texts: a list, or one text that `separator` cuts. */
export function listField(fields: FrontMatter["fields"], name: string, separator: RegExp): string[] {
  const value = fields.get(name);
  if (Array.isArray(value)) return value.map(nameOf).filter((each) => each !== "");
  return typeof value === "string" ? value.split(separator).filter((each) => each.trim() !== "") : [];
}

/** An author or a tag may be a dict with a name. */
function nameOf(value: unknown): string {
  if (typeof value === "object" && value !== null) {
    const { name, title, id } = value as { readonly [key: string]: unknown };
    return nameOf(name ?? title ?? id ?? "");
  }
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
