/** Writes src/heap/bytes.ts: the heap's module as bytes, so that no start pays for building it. A test compares. */
import { writeFileSync } from "node:fs";
import { buildHeap, buildProbe } from "../src/heap/module.ts";

/** The text of the generated module. */
export function heapBytesModule(): string {
  const text = (bytes: Uint8Array): string => JSON.stringify(Buffer.from(bytes).toString("base64"));
  return `/** Generated from module.ts by \`pnpm embed\`: the modules as bytes, so that no start pays for building them. */

function decode(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

/** Valid where GC types exist. */
export function probeBytes(): Uint8Array {
  return decode(${text(buildProbe())});
}

/** What \`buildHeap\` gives. */
export function heapBytes(): Uint8Array {
  return decode(
    ${text(buildHeap())},
  );
}
`;
}

if (process.argv.includes("--write")) {
  writeFileSync(new URL("../src/heap/bytes.ts", import.meta.url), heapBytesModule());
}
