/** What JavaScript sees of the heap's WebAssembly module. */

/** What JavaScript sees of the module. `null` always says "not of that type" or "not possible". */
export interface HeapExports {
  allocated(): number;
  account(bytes: number): void;
  flo(x: number): object;

  /** An index into `STRUCTS`, or its length for what is no struct of the heap. */
  structOf(x: unknown): number;

  isList(x: unknown): number;
  isPair(x: unknown): number;
  isSlice(x: unknown): number;
  /** -1: not a list. */
  len(x: unknown): number;
  cons(head: unknown, tail: unknown): object | null;
  first(x: unknown): unknown;
  rest(x: unknown): object | null;
  car(pair: unknown): unknown;
  cdr(pair: unknown): object;
  /** Walks at most `NTH_WALK` pairs; null: further away, out of range or not a list. */
  nth(x: unknown, i: number): unknown;
  /** In place or null. */
  conj1(x: unknown, v: unknown): object | null;
  slice(buf: unknown, off: number, len: number): object;
  sliceBuf(slice: unknown): object;
  sliceOff(slice: unknown): number;
  sameSlice(a: unknown, b: unknown): number;
  buf(capacity: number, start: number, end: number): object;
  bufGet(buf: unknown, i: number): unknown;
  bufSet(buf: unknown, i: number, v: unknown): void;
  bufCopy(to: unknown, at: number, from: unknown, off: number, n: number): void;
  bufCapacity(buf: unknown): number;
  bufStart(buf: unknown): number;
  bufEnd(buf: unknown): number;
  setBufStart(buf: unknown, i: number): void;
  setBufEnd(buf: unknown, i: number): void;

  /** -1: not a vector. */
  vectorLength(x: unknown): number;
  vector(len: number, fill: unknown): object;
  floats(len: number, fill: number): object;
  isFloats(v: unknown): number;
  vectorRef(x: unknown, i: number): unknown;
  /** 1 done, 0 out of range, -1 not a vector. `v` is no number. */
  vectorSet(x: unknown, i: number, v: unknown): number;
  vectorSetNumber(x: unknown, i: number, v: number): number;
  /** 1 done, -1 not a vector. */
  vectorPush(x: unknown, v: unknown): number;
  vectorPushNumber(x: unknown, v: number): number;
  vectorPop(x: unknown): unknown;

  dict(shape: unknown, size: number): object;
  dictShape(x: unknown): object | null;
  dictRef(d: unknown, i: number): unknown;
  /** Only while the dict is being made. */
  dictInit(d: unknown, i: number, v: unknown): void;
  dictWith(d: unknown, i: number, v: unknown): object;
  dictExtend(d: unknown, shape: unknown, v: unknown): object;
  dictWithout(d: unknown, shape: unknown, i: number): object;

  box(v: unknown): object;
  isBox(x: unknown): number;
  boxGet(b: unknown): unknown;
  boxSet(b: unknown, v: unknown): void;

  closure(meta: unknown, arity: number, size: number): object;
  closure1(meta: unknown, arity: number, a: unknown): object;
  closure2(meta: unknown, arity: number, a: unknown, b: unknown): object;
  closureMeta(x: unknown): object | null;
  closureGet(c: unknown, i: number): unknown;
  closureSet(c: unknown, i: number, v: unknown): void;
  closureSize(c: unknown): number;

  /** Registers of a frame of compiled code. */
  row(size: number): object;
  rowGet(row: unknown, i: number): unknown;
  rowSet(row: unknown, i: number, v: unknown): void;
  rowSize(row: unknown): number;
  /** A global binding as compiled code sees it. */
  global(): object;
  globalSet(global: unknown, v: unknown): void;

  record(type: unknown, size: number): object;
  recordType(x: unknown): object | null;
  recordGet(r: unknown, i: number): unknown;
  recordSet(r: unknown, i: number, v: unknown): void;
}

/** The structs that values are, the most frequent first. */
export const STRUCTS = ["$list", "$clo", "$dict", "$imm", "$vector", "$record", "$box"] as const;
export type Struct = (typeof STRUCTS)[number];

/** How many pairs `nth` walks before it wants the list flattened. */
export const NTH_WALK = 128;
