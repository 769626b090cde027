/** Writes the generated pages of docs/. */
import { writeFileSync } from "node:fs";
import { bytecodePage } from "./bytecode.ts";
import { referencePage } from "./reference.ts";

/** File in docs/ → its text. */
export const pages: Readonly<Record<string, () => string>> = {
  "bytecode.md": bytecodePage,
  "reference.md": referencePage,
};

if (process.argv.includes("--write")) {
  for (const [file, page] of Object.entries(pages)) {
    writeFileSync(new URL(`../../../docs/${file}`, import.meta.url), page());
  }
}
