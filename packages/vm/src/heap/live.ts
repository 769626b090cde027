/** How much is alive: for the memory limit, which asks only when much has been allocated. */
import { boxGet, closureGet, closureSize, recordGet, recordType } from "./cells.ts";
import { dictEach } from "./dict.ts";
import { heap, structOf } from "./instance.ts";
import { Ranges } from "./ranges.ts";
import { SxSet } from "./set.ts";
import { HashTable } from "./table.ts";
import { Cell, Markup, RecordType, Sym } from "./value.ts";
import { vectorItems } from "./vector.ts";

const HEADER = 24;
const SLOT = 16;
/** What an entry of a dict, a set or a table takes besides key and value: its string or hash, and the tree it is in. */
const ENTRY = 64;

/**
 * Bytes that everything reachable from the roots takes, about, each object counted once. Roots may be
 * values and any JavaScript objects, arrays, Maps and Sets that hold them; functions, code objects of
 * closures and what is shared by all programs are not followed, nor is what `isCode` says is an engine's
 * own code. O(size), without recursion.
 */
export function liveSize(roots: Iterable<unknown>, isCode: (o: object) => boolean = () => false): number {
  const seen = new Set<object>();
  const todo: object[] = [];
  const buffers = new Map<object, Ranges>();
  let bytes = 0;
  const visit = (v: unknown): void => {
    if (typeof v === "string") bytes += v.length > 16 ? v.length : 0;
    else if (typeof v === "bigint") bytes += v.toString(16).length;
    else if (typeof v === "object" && v !== null && !seen.has(v) && !isCode(v)) {
      seen.add(v);
      todo.push(v);
    }
  };
  for (const root of roots) visit(root);
  for (let v = todo.pop(); v !== undefined; v = todo.pop()) {
    let slots = 0;
    const slot = (x: unknown): void => {
      slots++;
      visit(x);
    };
    switch (structOf(v)) {
      case "$list":
        if (heap.isPair(v) === 1) {
          slot(heap.car(v));
          slot(heap.cdr(v));
        } else if (heap.isSlice(v) === 1) {
          const buffer = heap.sliceBuf(v);
          let shown = buffers.get(buffer);
          if (shown === undefined) {
            shown = new Ranges();
            buffers.set(buffer, shown);
          }
          const off = heap.sliceOff(v);
          for (const { from, to } of shown.add(off, off + heap.len(v))) {
            for (let i = from; i < to; i++) slot(heap.bufGet(buffer, i));
          }
        }
        break;
      case "$dict":
        dictEach(v, (key, x) => {
          visit(key);
          slot(x);
          bytes += ENTRY;
        });
        break;
      case "$vector":
        for (const x of vectorItems(v)) slot(x);
        break;
      case "$record": {
        const n = recordType(v)?.fields.length ?? 0;
        for (let i = 0; i < n; i++) slot(recordGet(v, i));
        break;
      }
      case "$clo":
        for (let i = 0; i < closureSize(v); i++) slot(closureGet(v, i));
        break;
      case "$box":
        slot(boxGet(v));
        break;
      case "$imm":
        break;
      case undefined:
        eachPart(v, slot);
        if (v instanceof SxSet || v instanceof HashTable) bytes += ENTRY * v.size;
    }
    bytes += HEADER + slots * SLOT;
  }
  return bytes;
}

function eachPart(v: object, slot: (x: unknown) => void): void {
  if (v instanceof SxSet) for (const x of v.items()) slot(x);
  else if (v instanceof HashTable) for (const pair of v.entries()) pair.forEach(slot);
  else if (v instanceof Map) {
    for (const [key, x] of v) {
      slot(key);
      slot(x);
    }
  } else if (v instanceof Set || Array.isArray(v)) for (const x of v) slot(x);
  else if (ArrayBuffer.isView(v)) for (let i = 0; i < v.byteLength; i += SLOT) slot(undefined);
  else if (v instanceof Sym || v instanceof RecordType) return;
  else if (v instanceof Cell) slot(v.value);
  else if (v instanceof Markup && typeof v.parts === "string") slot(v.parts);
  else for (const key of Object.keys(v)) slot((v as Record<string, unknown>)[key]);
}
