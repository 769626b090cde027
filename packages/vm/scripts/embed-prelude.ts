/** Writes src/prelude/definitions.ts from prelude/*.sx. Run by `pnpm embed` in this package; a test compares. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { read } from "@sorbus/reader";

const folder = new URL("../prelude/", import.meta.url);
const target = new URL("../src/prelude/definitions.ts", import.meta.url);

/** The comment lines that begin with `;;;` just above a definition. */
function docAbove(text: string, offset: number): string {
  const lines = text.slice(0, offset).split("\n").slice(0, -1);
  const doc: string[] = [];
  for (let line = lines.pop(); line?.startsWith(";;;"); line = lines.pop()) {
    doc.unshift(line.replace(/^;;; ?/, ""));
  }
  return doc.join("\n");
}

/** The text of the generated module. @throws Error for unreadable files, other forms than definitions, names given twice */
export function preludeModule(): string {
  const seen = new Set<string>();
  const rows: string[] = [];
  for (const file of readdirSync(folder)
    .filter((f) => f.endsWith(".sx"))
    .sort()) {
    const text = readFileSync(new URL(file, folder), "utf8");
    const { forms, errors } = read(text, { file: `prelude/${file}` });
    if (errors[0] !== undefined)
      throw new Error(`prelude/${file}:${errors[0].span.line}: ${errors[0].message}`);
    for (const form of forms) {
      const [head, target] = form.type === "list" ? form.items : [];
      const named = target?.type === "list" ? target.items[0] : target;
      if (head?.type !== "symbol" || head.name !== "define" || named?.type !== "symbol") {
        throw new Error(`prelude/${file}: only definitions are allowed, at offset ${form.origin.offset}`);
      }
      if (seen.has(named.name)) throw new Error(`prelude/${file}: ${named.name} is defined twice`);
      seen.add(named.name);
      const start = form.origin.offset + form.start;
      const params =
        target?.type === "list"
          ? target.items
              .slice(1)
              .map((p) => text.slice(form.origin.offset + p.start, form.origin.offset + p.end))
          : [];
      rows.push(
        `  [${JSON.stringify(named.name)}, { file: ${JSON.stringify(file)}, params: ${JSON.stringify(params.join(" "))}, doc: ${JSON.stringify(docAbove(text, start))}, text: ${JSON.stringify(text.slice(start, form.origin.offset + form.end))} }],`,
      );
    }
  }
  return `/** Generated from prelude/*.sx by \`pnpm embed\`: one entry a definition, so that each is compiled when it is first used. */
export interface PreludeDefinition {
  readonly file: string;
  readonly params: string;
  readonly doc: string;
  readonly text: string;
}

export const preludeDefinitions: ReadonlyMap<string, PreludeDefinition> = new Map<string, PreludeDefinition>([
${rows.join("\n")}
]);
`;
}

if (process.argv.includes("--write")) writeFileSync(target, preludeModule());
