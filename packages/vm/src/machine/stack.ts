/**
 * The stack of a thread when it is not running on it: immutable slices, linked from the top down.
 * Capturing a continuation cuts slices off without copying frames; returning into a slice copies its
 * top frame back to the active segment (after R. Hieb, R. K. Dybvig, C. Bruggeman, "Representing
 * Control in the Presence of First-Class Continuations", 1990).
 *
 * A frame is HEADER slots and its registers; all links in it are distances, so a frame means the
 * same wherever it lies. A mark frame has the fixed registers below.
 */
import { HEADER } from "../bytecode/opcodes.ts";
import type { Value } from "../heap/value.ts";

/** Header slots, relative to a frame's register 0. */
export const CODE = -4;
export const CLOSURE = -3;
export const RETURN_PC = -2;
export const DELTA = -1;

/** Registers of a mark frame. */
export const MARK_KEY = 0;
export const MARK_VALUE = 1;
export const MARK_EXIT = 2;
export const MARK_RESULT = 3;
/** Distance down to the next mark frame of the same slice; 0: it is the lowest. */
export const MARK_LINK = 4;
export const MARK_REGISTERS = 5;

/** Several frames of a stopped stack; `values[from … to)`. Never written to. */
export class Slice {
  readonly values: readonly unknown[];
  readonly from: number;
  readonly to: number;
  /** Register 0 of the top frame, and where it goes on when its call returns. */
  readonly fp: number;
  readonly pc: number;
  /** Register 0 of the topmost mark frame in this slice; 0: none. */
  readonly markTop: number;
  /** The slice under this one; null at the bottom of its part. */
  readonly next: Slice | null;
  /** The topmost slice with marks, from this one down. */
  readonly marked: Slice | null;
  /** Slots from here to the bottom of the part. */
  readonly depth: number;
  constructor(
    values: readonly unknown[],
    from: number,
    to: number,
    fp: number,
    pc: number,
    markTop: number,
    next: Slice | null,
  ) {
    this.values = values;
    this.from = from;
    this.to = to;
    this.fp = fp;
    this.pc = pc;
    this.markTop = markTop;
    this.next = next;
    this.marked = markTop !== 0 ? this : next === null ? null : next.marked;
    this.depth = to - from + (next === null ? 0 : next.depth);
  }
}

/** What is under the running part of a stack: one part for each continuation that was reinstated. */
export class Part {
  readonly slices: Slice;
  readonly next: Part | null;
  readonly depth: number;
  constructor(slices: Slice, next: Part | null) {
    this.slices = slices;
    this.next = next;
    this.depth = slices.depth + (next === null ? 0 : next.depth);
  }
}

/** A captured continuation: parts from the top down. A value to programs, opaque. */
export class Captured {
  readonly parts: readonly Slice[];
  constructor(parts: readonly Slice[]) {
    this.parts = parts;
  }
}

/** A mark found in a slice. */
export interface FoundMark {
  readonly slice: Slice;
  readonly fp: number;
}

/** Calls `visit` for each mark from `slice` down to the bottom of its part; stops when it returns true. */
export function eachMark(
  slice: Slice | null,
  visit: (key: Value, value: Value, at: FoundMark) => boolean,
): boolean {
  for (let s = slice?.marked ?? null; s !== null; s = s.next?.marked ?? null) {
    let fp = s.markTop;
    for (;;) {
      const values = s.values;
      if (visit(values[fp + MARK_KEY] as Value, values[fp + MARK_VALUE] as Value, { slice: s, fp }))
        return true;
      const link = values[fp + MARK_LINK] as number;
      if (link === 0) break;
      fp -= link;
      if (fp < s.from + HEADER) break;
    }
  }
  return false;
}

/** The marks of a slice that lie under position `at`: the topmost one's register 0, or 0. */
function markUnder(slice: Slice, at: number): number {
  let fp = slice.markTop;
  while (fp !== 0 && fp >= at) {
    const link = slice.values[fp + MARK_LINK] as number;
    if (link === 0) return 0;
    fp -= link;
  }
  return fp !== 0 && fp >= slice.from + HEADER ? fp : 0;
}

/** What remains of a slice under the frame whose register 0 is `fp`. */
export function under(slice: Slice, fp: number): Slice | null {
  const values = slice.values;
  const bottom = fp - HEADER;
  if (bottom <= slice.from) return slice.next;
  return new Slice(
    values,
    slice.from,
    bottom,
    fp - (values[fp + DELTA] as number),
    values[fp + RETURN_PC] as number,
    markUnder(slice, bottom),
    slice.next,
  );
}

/** The slices from `top` down to and including the frame `at`, as a part of their own. */
export function cutAbove(top: Slice, at: FoundMark): Slice {
  if (at.slice.next === null && at.fp - HEADER === at.slice.from) return top;
  const above: Slice[] = [];
  for (let s: Slice | null = top; s !== null && s !== at.slice; s = s.next) above.push(s);
  const { slice, fp } = at;
  let part = new Slice(slice.values, fp - HEADER, slice.to, slice.fp, slice.pc, slice.markTop, null);
  for (const s of above.reverse()) part = new Slice(s.values, s.from, s.to, s.fp, s.pc, s.markTop, part);
  return part;
}
