/** What goes wrong, as people and programs are told of it: the same five fields from every command and tool. */

/** In which part of the work something went wrong; an agent decides by it what to look at. */
export type Phase =
  /** Reading, compiling, loading and showing the program: the reloader's. */
  | "read"
  | "compile"
  | "load"
  | "setup"
  | "render"
  | "action"
  | "agent"
  /** The command or tool was called wrongly. */
  | "request"
  /** No session, or more than one, is meant. */
  | "target"
  /** Starting, finding or speaking with the daemon. */
  | "daemon"
  /** The browser: it is missing, or did not do what it was asked. */
  | "browser"
  /** An element to touch is not there, or cannot be touched. */
  | "touch"
  /** Reading or writing a file that was named. */
  | "files"
  /** A fault of this program. */
  | "internal";

export interface ProblemData {
  readonly phase: Phase;
  /** Stable, kebab-case: what programs decide by. */
  readonly code: string;
  /** One sentence. */
  readonly message: string;
  /** More of it: a code frame, a list of what there is. Empty if there is no more. */
  readonly detail: string;
  /** What to do about it, as one could type or do it. */
  readonly remediation: string;
}

export class Problem extends Error implements ProblemData {
  readonly phase: Phase;
  readonly code: string;
  readonly detail: string;
  readonly remediation: string;

  constructor(data: Omit<ProblemData, "detail"> & { readonly detail?: string }, options?: ErrorOptions) {
    super(data.message, options);
    this.name = "Problem";
    this.phase = data.phase;
    this.code = data.code;
    this.detail = data.detail ?? "";
    this.remediation = data.remediation;
  }

  toJSON(): ProblemData {
    const { phase, code, message, detail, remediation } = this;
    return { phase, code, message, detail, remediation };
  }
}

/** Anything thrown as a problem; what is none yet is a fault of this program, and keeps its stack as detail. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Problem(
    {
      phase: "internal",
      code: "unexpected",
      message,
      detail: error instanceof Error ? (error.stack ?? "") : "",
      remediation: "Look at `sx preview logs`; this is a fault of the preview daemon and worth a report.",
    },
    { cause: error },
  );
}
