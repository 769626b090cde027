/** What compiled code asks of the host. Every function that may raise notes what it raised and gives null (or 2). */
export interface HostImports {
  /** A frame leaves: its code, the instruction it is at, its closure, a row of its live registers. */
  save(code: object, pc: number, closure: unknown, row: object): void;
  /** The frame that is saved next leaves because the instruction was compiled for something else. */
  deopt(code: object, pc: number, register: number): void;
  number(value: number): number;
  /** 1: the closure, of so many parameters, has code now. */
  link(callee: unknown, arity: number): number;
  /**
   * A call that compiled code cannot make alone: callee, row of arguments, places of keywords or null. 0: leave
   * here; 1: it goes on with what `taken` gives, a value or the row of a bound call.
   */
  prepare(callee: unknown, row: unknown, named: unknown): number;
  taken(): unknown;
  /** The counter of a function has run out. 1: the closure has better code now. */
  tierUp(closure: unknown): number;
  /** Compiled code from the head of a loop on, a `$kont`; null: none. */
  continuation(code: object, pc: number): unknown;
  /** The remainder of division, as JavaScript's %. */
  remainder(a: number, b: number): number;
  setGlobal(cell: object, value: unknown): void;
  add(a: unknown, b: unknown): unknown;
  sub(a: unknown, b: unknown): unknown;
  mul(a: unknown, b: unknown): unknown;
  less(a: unknown, b: unknown): number;
  lessEqual(a: unknown, b: unknown): number;
  greater(a: unknown, b: unknown): number;
  greaterEqual(a: unknown, b: unknown): number;
  equal(a: unknown, b: unknown): number;
  empty(a: unknown): number;
}
