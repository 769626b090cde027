/**
 * What the machine asks of a compiler of hot functions. Compiled code runs on the host's stack while it can go
 * on by itself; where it cannot (a control builtin, an error, a limit, a function that is not compiled) it leaves
 * as a whole: every frame becomes a frame of the VM at an instruction boundary, and the VM goes on from there.
 */
import type { Code } from "../bytecode/code.ts";
import type { Value } from "../heap/value.ts";

/** A frame that compiled code has left. */
export interface LeftFrame {
  readonly code: Code;
  readonly closure: Value;
  /** The innermost frame: the instruction to run next. The others wait for a result: where they go on. */
  readonly pc: number;
  /** What the registers hold: those of `liveRegisters` at `at`. */
  readonly row: object;
  readonly at: number;
}

/** How compiled code was left. */
export interface JitExit {
  /** The innermost first. */
  readonly frames: readonly LeftFrame[];
  /** Set when the innermost frame's instruction has raised: it is not run again. */
  readonly raised: Value | undefined;
}

/** What compiled code may ask of the thread that it runs for, without leaving. */
export interface Marks {
  /** The value of the innermost mark with that key; undefined without one. */
  mark(key: Value): Value | undefined;
}

export interface Jit {
  /** The thread that compiled code runs for: its marks lie under all compiled frames. */
  marks: Marks | undefined;
  /** Calls and loop iterations that compiled code may do before it leaves; it counts down. */
  fuel: number;
  /** The heat that a function starts with. */
  readonly threshold: number;
  /** Whether compiled code counts calls, loops and bytes, as limits and slices need. */
  readonly metered: boolean;
  /**
   * A call of a function whose heat is used up. The values of its parameters are `values[at]` and following.
   * Undefined: it is not compiled, and its heat has been set anew. Null: `exit` says how it was left.
   */
  call(code: Code, closure: Value, values: readonly unknown[], at: number): Value | null | undefined;
  /** The same for a frame that stands at `pc`, its registers from `values[fp]` on; the result is the frame's. */
  goOn(
    code: Code,
    pc: number,
    closure: Value,
    values: readonly unknown[],
    fp: number,
    loop: boolean,
  ): Value | null | undefined;
  /** Takes what the last null left. */
  exit(): JitExit;
  /** Told of each frame that `exit` gave for an instruction that compiled code was not made for, as it stands now. */
  learn(register: (r: number) => unknown): void;
}
