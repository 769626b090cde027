/** The README's table is that of the vocabulary, and its pictures are there and small. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { commandNames, commandOf } from "../src/vocabulary/commands.ts";

const path = fileURLToPath(new URL("../README.md", import.meta.url));
const readme = readFileSync(path, "utf8");

function commandTable(): string {
  const rows = commandNames.map((name) => {
    const { positional = [], params, tool, description } = commandOf(name);
    const args = positional.map((one) =>
      params.shape[one]?.safeParse(undefined).success === true ? `[${one}]` : one.toUpperCase(),
    );
    const first = description.replace(/(?<=\.|:) .*$/s, "").replace(/:$/, ".");
    return `| \`${[name, ...args].join(" ")}\` | ${tool === undefined ? "" : `\`${tool}\``} | ${first} |`;
  });
  return ["| command | MCP tool | |", "|---|---|---|", ...rows].join("\n");
}

test("the commands are those of the vocabulary", () => {
  const now = readme.replace(
    /(<!-- commands -->\n)[\s\S]*(<!-- \/commands -->)/,
    (_all, before: string, after: string) => `${before}${commandTable()}\n${after}`,
  );
  // `UPDATE=1` writes what the table should be.
  if (process.env.UPDATE === "1") writeFileSync(path, now);
  else expect(readme).toBe(now);
});

test("the pictures are there, each below 100 KB", () => {
  const pictures = [...readme.matchAll(/!\[[^\]]+\]\(([^)]+\.png)\)/g)].map(([, name]) => name ?? "");
  expect(pictures).toHaveLength(6);
  for (const name of pictures) {
    expect(statSync(new URL(`../${name}`, import.meta.url)).size).toBeLessThan(100_000);
  }
});
