/** What `sx check` reports beyond mistakes that stop the expansion. */
import { type Form, type Span, spanOf } from "@sorbus/reader";
import { type Cell, Condition, ControlBuiltin, ElementPrimitive, Primitive, Raise } from "@sorbus/vm";
import { argumentMistake } from "./calls.ts";
import type { Core } from "./core.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { Expander } from "./expander.ts";
import { type Module, type Signature, signatureOfCell } from "./module.ts";

/** Every code that a diagnostic may carry, and what it stands for. */
export const DIAGNOSTICS: Readonly<Record<DiagnosticCode, string>> = {
  syntax: "a form that is written wrongly; what is in it has not been looked at",
  read: "a text that is no form",
  import: "a file that cannot be imported",
  macro: "a condition that a macro raised while it was expanded",
  unbound: "a name that nothing defines",
  arguments: "a call with arguments that its function does not take",
  "flat-cond": "a cond of lists only, which reads as clauses, but looks like pairs",
  unreachable: "a clause that no value reaches",
};

export type DiagnosticCode =
  | "syntax"
  | "read"
  | "import"
  | "macro"
  | "unbound"
  | "arguments"
  | "flat-cond"
  | "unreachable";

export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly span: Span;
}

/** What can be said of a call of `cell` without running the program. */
function knownSignature(cell: Cell): Signature | undefined {
  const known = signatureOfCell(cell);
  if (known !== undefined) return known.kind === "record" ? undefined : known;
  const { value } = cell;
  if (value instanceof ElementPrimitive) return undefined;
  if (value instanceof Primitive || value instanceof ControlBuiltin) {
    return { kind: "function", name: value.name, min: value.min, max: value.max, keys: [] };
  }
  return undefined;
}

/**
 * What is wrong or doubtful in a module that has been expanded by an expander with `diagnose`, in
 * the order of the text. Mistakes of syntax are not here: expansion raises them.
 */
export function check(expander: Expander, module: Module): Diagnostic[] {
  const diagnostics: Diagnostic[] = [...(expander.warnings.get(module) ?? [])];
  const error = (form: Form, code: DiagnosticCode, message: string): void => {
    diagnostics.push({ severity: "error", code, message, span: spanOf(form) });
  };
  let names: Set<string> | undefined;
  for (const { cell, form } of module.unknown) {
    if (!module.isUnknown(cell)) continue;
    names ??= module.names();
    const near = didYouMean(cell.name, names);
    error(
      form,
      "unbound",
      `${cell.name} is not defined${near === undefined ? "" : `; did you mean ${near}?`}`,
    );
  }
  for (const { call, cell } of expander.calls.get(module) ?? []) {
    const signature = knownSignature(cell);
    const mistake = signature === undefined ? undefined : argumentMistake(call, signature);
    if (mistake !== undefined) error(call.form, "arguments", mistake);
  }
  const seen = new Set<string>();
  return diagnostics
    .sort((a, b) => a.span.start - b.span.start)
    .filter(({ span, code, message }) => {
      const key = `${span.start} ${code} ${message}`;
      return !seen.has(key) && seen.add(key) !== undefined;
    });
}

const kinds: ReadonlyMap<string, DiagnosticCode> = new Map([
  ["syntax", "syntax"],
  ["read", "read"],
  ["import", "import"],
]);

/** What an expansion or a load raised, as a diagnostic; undefined for anything else that was thrown. */
export function diagnosticOf(error: unknown): Diagnostic | undefined {
  if (!(error instanceof Raise) || !(error.payload instanceof Condition)) return undefined;
  const { kind, message, span } = error.payload;
  if (span === undefined) return undefined;
  return {
    severity: "error",
    code: kinds.get(kind) ?? "macro",
    message,
    span: { endLine: span.line, endColumn: span.column, ...span },
  };
}

/**
 * Whether running a unit does nothing but define functions, components, record types and constants.
 * A checker runs these and no others: macros need them, and nothing happens.
 */
export function isDefinition(core: Core): boolean {
  switch (core.op) {
    case "define":
      return isPlain(core.value);
    case "seq":
      return core.body.every(isDefinition);
    case "let":
      return core.inits.every((init) => isPlain(init) || isRecordType(init)) && isDefinition(core.body);
    default:
      return isPlain(core);
  }
}

function isPlain(core: Core): boolean {
  return core.op === "lambda" || core.op === "const" || core.op === "local";
}

function isRecordType(core: Core): boolean {
  return core.op === "call" && core.fn.op === "global" && core.fn.cell.name === "%record-type";
}
