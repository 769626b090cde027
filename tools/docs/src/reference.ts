/** The functions of the language, from the declarations of primitives and the comments of the prelude. */
import { groups, type PreludeDefinition, type Primitive, preludeDefinitions } from "@sorbus/vm";

interface Entry {
  readonly signature: string;
  readonly doc: string;
}

function signature(name: string, params: string): string {
  return params === "" ? `(${name})` : `(${name} ${params})`;
}

function primitiveEntry(p: Primitive): Entry {
  return { signature: signature(p.name, p.params), doc: p.doc };
}

function preludeEntry([name, { params, doc }]: readonly [string, PreludeDefinition]): Entry {
  return { signature: signature(name, params), doc: doc.replaceAll("\n", " ") };
}

/** A table cell: `|` would end it. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function table(entries: readonly Entry[]): string {
  const rows = entries.map(({ signature: s, doc }) => `| \`${cell(s)}\` | ${cell(doc)} |`);
  return ["| function | what it does |", "|---|---|", ...rows].join("\n");
}

const visible = (name: string): boolean => name === "%" || !name.startsWith("%");

/** `docs/reference.md`. */
export function referencePage(): string {
  const parts = [
    "# Functions",
    "Every function of the language. Generated from the declarations in `packages/vm` by `pnpm --filter @sorbus/docs generate`; a test compares.",
    "Arguments are written `name:type`, those after `&optional` may be left out, `&rest` takes any number.",
  ];
  for (const [title, primitives] of Object.entries(groups)) {
    const entries = primitives.filter((p) => visible(p.name)).map(primitiveEntry);
    if (entries.length > 0) parts.push(`## ${title}`, table(entries));
  }
  const files = new Map<string, (readonly [string, PreludeDefinition])[]>();
  for (const item of preludeDefinitions) {
    if (visible(item[0])) files.set(item[1].file, [...(files.get(item[1].file) ?? []), item]);
  }
  parts.push(
    "## Written in the language itself",
    "These may call functions that they are given, so they are SX code (`packages/vm/prelude`).",
  );
  for (const [file, items] of files) {
    const title = file.replace(/\.sx$/, "");
    parts.push(`### ${title[0]?.toUpperCase()}${title.slice(1)}`, table(items.map(preludeEntry)));
  }
  return `${parts.join("\n\n")}\n`;
}
