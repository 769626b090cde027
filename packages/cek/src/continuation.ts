/**
 * The continuation: what is still to be done with a value. One immutable object for each pending
 * step, linked from the innermost out, so that keeping a continuation is keeping a pointer, and
 * going on with it twice needs nothing.
 *
 * Marks cut the list into segments: the frames over a mark form a list of their own, and the mark
 * links to what lies under it. Taking everything down to a mark off the stack is then a matter of
 * marks, not of frames (R. K. Dybvig, S. Peyton Jones, A. Sabry, "A Monadic Framework for Delimited
 * Continuations", 2007).
 */
import type { Core, KeyParam, Lambda, OptionalParam } from "@sorbus/compiler";
import type { Value } from "@sorbus/vm";
import type { UnitCode } from "./code.ts";
import type { Environment } from "./environment.ts";

type Node<Op extends Core["op"]> = Extract<Core, { op: Op }>;

/** A function at work, for stack traces. */
export interface Activation {
  /** "" for an anonymous function. */
  readonly name: string;
  /** undefined: the host, which calls a function. */
  readonly code: UnitCode | undefined;
  /** It evaluates the unit itself, not a function in it. */
  readonly outermost: boolean;
}

/** A parameter that was not given, whose fallback is to be evaluated. */
export type Fallback = OptionalParam | (KeyParam & { readonly fallback: Core });

/** A call whose arguments have been checked, while fallbacks are evaluated. */
export interface Binding {
  readonly lambda: Lambda;
  readonly fallbacks: readonly Fallback[];
}

export type Frame =
  /** The value is a test. */
  | { readonly type: "if"; readonly node: Node<"if">; readonly env: Environment; readonly next: Frame | null }
  /** The value is that of `node.body[index]`; what follows it is to be evaluated. */
  | {
      readonly type: "seq";
      readonly node: Node<"seq">;
      readonly index: number;
      readonly env: Environment;
      readonly next: Frame | null;
    }
  /** The value is that of the init after those in `done`. */
  | {
      readonly type: "let";
      readonly node: Node<"let">;
      readonly done: readonly Value[];
      readonly env: Environment;
      readonly next: Frame | null;
    }
  /** The value is that of `node.inits[index]`; `env` has the scope of the locals. */
  | {
      readonly type: "letrec";
      readonly node: Node<"letrec">;
      readonly index: number;
      readonly env: Environment;
      readonly next: Frame | null;
    }
  /** The value is to be assigned. */
  | {
      readonly type: "assign";
      readonly node: Node<"set-local" | "set-global" | "define">;
      readonly env: Environment;
      readonly next: Frame | null;
    }
  /** The value is that of the function, then of the arguments; `done` are those before it. */
  | {
      readonly type: "call";
      readonly node: Node<"call">;
      readonly done: readonly Value[];
      readonly env: Environment;
      readonly next: Frame | null;
    }
  /** The value is that of `binding.fallbacks[index]`; `env` has the parameters before it. */
  | {
      readonly type: "bind";
      readonly binding: Binding;
      readonly index: number;
      readonly env: Environment;
      readonly next: Frame | null;
    }
  /** The value returns to `activation`, from the call `at`. */
  | {
      readonly type: "return";
      readonly activation: Activation;
      readonly at: Core | undefined;
      /** How many of these there are in the segment, with this one. */
      readonly depth: number;
      readonly next: Frame | null;
    };

export interface Mark {
  readonly key: Value;
  readonly value: Value;
  /** What is called with a value that returns through the mark, if anything. */
  readonly exit: Value | undefined;
}

/** What lies under the running segment of frames. */
export interface Under {
  /** null: a seam, where a continuation without a mark at its bottom was put on another one. */
  readonly mark: Mark | null;
  readonly frames: Frame | null;
  readonly under: Under | null;
  /** Calls that wait for a result, and marks, from here down. */
  readonly depth: number;
}

/** Frames and the mark directly under them. */
export interface Segment {
  readonly frames: Frame | null;
  readonly mark: Mark | null;
}

/** A captured continuation: segments, innermost first. Opaque to programs. */
export class Captured {
  readonly segments: readonly Segment[];
  constructor(segments: readonly Segment[]) {
    this.segments = segments;
  }
}

/** A whole continuation: the running segment and what is under it. */
export interface Stack {
  frames: Frame | null;
  under: Under | null;
}

/** Begins a new segment over `mark`. */
export function pushMark(stack: Stack, mark: Mark | null): void {
  stack.under = { mark, frames: stack.frames, under: stack.under, depth: depthOf(stack) + 1 };
  stack.frames = null;
}

/** How many calls wait for a result, and marks. */
export function depthOf({ frames, under }: Readonly<Stack>): number {
  let frame = frames;
  while (frame !== null && frame.type !== "return") frame = frame.next;
  return (frame?.depth ?? 0) + (under?.depth ?? 0);
}

/** The marks of a stack, innermost first. */
export function* marksOf(stack: Readonly<Stack>): Generator<Mark, void, void> {
  for (let { under } = stack; under !== null; under = under.under) {
    if (under.mark !== null) yield under.mark;
  }
}

/**
 * Takes everything down to and including the first mark that `isIt` off the stack, or everything when
 * `isIt` is undefined. Gives undefined, and changes nothing, when there is no such mark.
 */
export function capture(stack: Stack, isIt: ((mark: Mark) => boolean) | undefined): Captured | undefined {
  const segments: Segment[] = [];
  let { frames, under } = stack;
  for (;;) {
    segments.push({ frames, mark: under?.mark ?? null });
    if (under === null) {
      if (isIt !== undefined) return undefined;
      stack.frames = null;
      stack.under = null;
      return new Captured(segments);
    }
    const { mark }: Under = under;
    ({ frames, under } = under);
    if (isIt !== undefined && mark !== null && isIt(mark)) {
      stack.frames = frames;
      stack.under = under;
      return new Captured(segments);
    }
  }
}

/** Puts the frames of `k` on the stack. */
export function reinstate(stack: Stack, k: Captured): void {
  for (const { frames, mark } of k.segments.toReversed()) {
    // On nothing, a part without a mark needs no seam.
    if (mark !== null || stack.frames !== null) pushMark(stack, mark);
    stack.frames = frames;
  }
}
