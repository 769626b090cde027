/** What a reload tells of itself: its tier, what changed, what became of the state, how long each phase took. */

/** How much work an edit needs, least first: see the table in the README. */
export const TIERS = ["unchanged", "literal", "template", "unit", "refresh", "reresolve"] as const;
export type Tier = (typeof TIERS)[number];

/** The higher of two tiers. */
export function higher(a: Tier, b: Tier): Tier {
  return TIERS.indexOf(a) >= TIERS.indexOf(b) ? a : b;
}

/** A place in a source file; line and column are 1-based, offsets are UTF-16 units. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly start: number;
  readonly end: number;
}

/** What went wrong, for people and for programs. */
export interface Problem {
  /** Where in the work: reading and compiling, running top-level code, rendering, the agent itself. */
  readonly phase: "read" | "compile" | "load" | "setup" | "render" | "action" | "agent" | "request";
  /** The kind of the condition (`error-kind`), or `agent-died`, `timeout`, `no-preview` and such of this package. */
  readonly code: string;
  readonly message: string;
  readonly place?: Place;
  /** The whole report: message, code frame, SX stack. */
  readonly detail: string;
  /** What the reader can do about it, where that is known. */
  readonly remediation?: string;
}

/** A problem as an exception; every rejection of this package that a user can cause is one. */
export class PreviewError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.name = "PreviewError";
    this.problem = problem;
  }
}

/** A value of the program's state that a reload could not keep. */
export interface DroppedState {
  /** `module/name` of a `defonce`, or the name that `:state/get` was given. */
  readonly name: string;
  readonly why: string;
}

/** Milliseconds of each phase; 0 for those that were not needed. */
export interface Timings {
  /** From the event of the watcher to the start of the reload. */
  readonly watch: number;
  readonly parse: number;
  readonly diff: number;
  /** Expansion and code generation. */
  readonly compile: number;
  /** Top-level code that was run, and re-seeding. */
  readonly instantiate: number;
  readonly render: number;
  /** Until the page showed it; told by who shows it, with `Session.notePatch`. */
  readonly patch: number;
}

export const NO_TIME: Timings = {
  watch: 0,
  parse: 0,
  diff: 0,
  compile: 0,
  instantiate: 0,
  render: 0,
  patch: 0,
};

/** One burst of saves and what came of it. There is one for each burst that was not overtaken by a newer one. */
export interface ReloadRecord {
  /** The session's revision after it. A burst that changes nothing leaves it as it was. */
  readonly revision: number;
  readonly tier: Tier;
  /** In words: why this tier. */
  readonly reason: string;
  /** Paths of the files that were saved. */
  readonly files: readonly string[];
  /** `module/name` of the definitions that changed or were compiled again. */
  readonly definitions: readonly string[];
  /** Names of `defonce` values and component state that live on. */
  readonly stateKept: readonly string[];
  readonly stateDropped: readonly DroppedState[];
  /** Counts the times that code was compiled and took the place of other code. */
  readonly generation: number;
  readonly timings: Timings;
  readonly status: "unchanged" | "done" | "failed";
  readonly error?: Problem;
}

/** Something that a person should know and no call was answered with. */
export interface Notice {
  readonly code:
    | "agent-died"
    | "agent-replaced"
    | "respawn-failed"
    | "setup-failed"
    | "verify-mismatch"
    | "state-dropped"
    | "undone"
    | "watch-failed"
    | "log";
  readonly message: string;
  readonly problem?: Problem;
}
