/** The command line of a command, derived from the schema of its parameters. */
import { type Command, InvalidArgumentError, Option } from "commander";
import * as z from "zod";
import type { AnyCommand } from "../vocabulary/command.ts";

/** Adds the arguments and options of `entry`. @returns what makes its parameters of what was typed */
export function addParameters(
  command: Command,
  entry: AnyCommand,
): (values: readonly unknown[], options: Readonly<Record<string, unknown>>) => Record<string, unknown> {
  const positional = entry.positional ?? [];
  for (const name of positional) {
    const { inner, optional, description } = unwrap(entry.params.shape[name] as z.ZodType);
    const many = inner instanceof z.ZodArray ? "..." : "";
    command.argument(optional ? `[${name}${many}]` : `<${name}${many}>`, description);
  }
  for (const [name, schema] of Object.entries(entry.params.shape)) {
    // A target may be named either way; every other argument has its place.
    if (positional.includes(name)) continue;
    command.addOption(optionOf(name, schema as z.ZodType, entry.short?.[name]));
  }
  return (values, options) => {
    const params: Record<string, unknown> = {};
    for (const name of Object.keys(entry.params.shape)) {
      const at = positional.indexOf(name);
      const typed = at >= 0 ? values[at] : options[name];
      if (typed === undefined || (Array.isArray(typed) && typed.length === 0)) continue;
      const { inner } = unwrap(entry.params.shape[name] as z.ZodType);
      params[name] = at >= 0 ? parsed(inner, typed as string | string[]) : typed;
    }
    return params;
  };
}

interface Unwrapped {
  readonly inner: z.ZodType;
  readonly optional: boolean;
  readonly description: string;
}

function unwrap(schema: z.ZodType): Unwrapped {
  const inner = schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema;
  return {
    inner,
    optional: schema instanceof z.ZodOptional,
    description: schema.description ?? inner.description ?? "",
  };
}

function optionOf(name: string, schema: z.ZodType, short: string | undefined): Option {
  const { inner, optional, description } = unwrap(schema);
  const long = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const flags = `${short === undefined ? "" : `-${short}, `}--${long}`;
  if (inner instanceof z.ZodBoolean) return new Option(flags, description);
  const option = new Option(`${flags} <${placeholder(inner)}>`, description).makeOptionMandatory(!optional);
  if (inner instanceof z.ZodEnum) return option.choices(inner.options as string[]);
  return option.argParser((text: string, before: unknown) => {
    const value = parsed(inner, text);
    return Array.isArray(value) && Array.isArray(before) ? [...before, ...value] : value;
  });
}

function placeholder(schema: z.ZodType): string {
  if (schema instanceof z.ZodNumber) return "n";
  if (schema instanceof z.ZodArray) return "list";
  if (schema instanceof z.ZodUnion) return "value";
  return "text";
}

/** What was typed, as the schema wants it. @throws InvalidArgumentError */
function parsed(schema: z.ZodType, text: string | readonly string[]): unknown {
  if (schema instanceof z.ZodArray) {
    const { element } = schema;
    const items = (typeof text === "string" ? [text] : text).flatMap(splitList);
    return items.map((item) => parsed(element as z.ZodType, item));
  }
  const single = typeof text === "string" ? text : text.join(" ");
  if (schema instanceof z.ZodNumber) {
    const value = Number(single);
    if (single.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("expected a number.");
    return value;
  }
  // The index of a preview, where a name may stand too.
  if (schema instanceof z.ZodUnion && schema.options.some((option) => option instanceof z.ZodNumber)) {
    return /^\d+$/.test(single) ? Number(single) : single;
  }
  return single;
}

/** `light,dark,{"a":1,"b":2}` has three items: commas inside braces belong to JSON. */
function splitList(text: string): string[] {
  const items: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "{") depth++;
    else if (text[i] === "}") depth--;
    else if (text[i] === "," && depth === 0) {
      items.push(text.slice(from, i));
      from = i + 1;
    }
  }
  items.push(text.slice(from));
  return items.map((item) => item.trim()).filter((item) => item !== "");
}
