/** What goes wrong in a program, as a `Problem`. */
import { Condition, Raise } from "@sorbus/vm";
import { report, SxError } from "sorbus";
import type { Problem } from "../record.ts";

/** @param textOf the text of a file, for code frames */
export function problemOf(
  error: unknown,
  phase: Problem["phase"],
  textOf: (file: string) => string | undefined,
): Problem {
  const raised =
    error instanceof Raise ? error.payload : error instanceof SxError ? error.condition : undefined;
  if (raised === undefined) {
    const message = error instanceof Error ? error.message : String(error);
    const detail = error instanceof Error ? (error.stack ?? message) : message;
    return { phase, code: "internal", message, detail };
  }
  const detail = report(raised, textOf);
  if (!(raised instanceof Condition)) {
    return { phase, code: "raised", message: detail.split("\n")[0] ?? detail, detail };
  }
  const { span, kind } = raised;
  const remediation = remedy(kind, raised.message);
  return {
    phase: kind === "read" ? "read" : kind === "syntax" || kind === "import" ? "compile" : phase,
    code: kind,
    message: raised.message,
    detail,
    ...(span !== undefined && {
      place: { file: span.file, line: span.line, column: span.column, start: span.start, end: span.end },
    }),
    ...(remediation !== undefined && { remediation }),
  };
}

function remedy(kind: string, message: string): string | undefined {
  switch (kind) {
    case "op":
      return "Mock the effect in the preview with :effects or with-effects, or give the session an op for it.";
    case "limit":
      return `${message.startsWith("time") ? "Look for a loop that does not end" : "Look for data that grows without end"}, or raise the session's limits.`;
    case "import":
      return "Check the path of the import; the session goes on by itself when the file is there.";
    default:
      return undefined;
  }
}
