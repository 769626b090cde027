/** What the reloader and the system report, as the problems of this vocabulary. */
import { Problem, type ProblemData, toProblem } from "../problem.ts";
import { PreviewError, type Problem as ReloaderProblem } from "../reloader.ts";

/** A problem of the reloader, with a remedy even where it knows none. */
export function problemData(problem: ReloaderProblem): ProblemData {
  const { phase, code, message, detail } = problem;
  return { phase, code, message, detail, remediation: problem.remediation ?? remedy(phase) };
}

export function problemOrNull(problem: ReloaderProblem | undefined): ProblemData | null {
  return problem === undefined ? null : problemData(problem);
}

/** Anything thrown while a call is answered. */
export function problemFrom(error: unknown): Problem {
  if (error instanceof PreviewError) return new Problem(problemData(error.problem), { cause: error });
  const code = (error as NodeJS.ErrnoException | null)?.code;
  const path = (error as NodeJS.ErrnoException | null)?.path;
  if (typeof code === "string" && path !== undefined && !(error instanceof Problem)) {
    return new Problem(
      {
        phase: "files",
        code: code.toLowerCase(),
        message: (error as Error).message,
        remediation: `Look at ${path}: whether it is there, and may be read or written.`,
      },
      { cause: error },
    );
  }
  return toProblem(error);
}

function remedy(phase: ReloaderProblem["phase"]): string {
  switch (phase) {
    case "read":
    case "compile":
      return "Mend the source where the code frame points and save; the session goes on by itself.";
    case "load":
    case "render":
    case "setup":
    case "action":
      return "Follow the stack to what raised, mend it and save; the session goes on by itself.";
    case "agent":
      return "The program's process is replaced by itself; look for what exhausts memory or never ends.";
    case "request":
      return "Call again with other parameters.";
    default:
      return phase satisfies never;
  }
}
