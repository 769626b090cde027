/** Calls of components are checked while they are expanded; other calls are only noted, for `check`. */
import type { Cell } from "@sorbus/vm";
import type { Core } from "./core.ts";
import type { Expansion } from "./expansion.ts";
import { type Signature, signatureOfCell } from "./module.ts";
import { syntaxError } from "./syntax.ts";

type Call = Extract<Core, { op: "call" }>;

/** What is wrong with the arguments of a call, or undefined. */
export function argumentMistake(call: Call, signature: Signature): string | undefined {
  const { name, keys, min, max } = signature;
  const named = keys.length > 0 || signature.kind === "component" ? (call.named ?? []) : [];
  const given = new Set<string>();
  let positional = call.args.length;
  for (const index of named) {
    const key = call.args[index];
    const text = key?.op === "const" ? String(key.value) : "";
    if (!keys.some((k) => k.name === text)) {
      const known =
        keys.length === 0 ? "it takes none" : `it takes ${keys.map((k) => `:${k.name}`).join(" ")}`;
      return `${name} has no named argument :${text} (${known})`;
    }
    if (given.has(text)) return `${name} was given :${text} twice`;
    if (index + 1 >= call.args.length) return `${name}: the named argument :${text} has no value`;
    given.add(text);
    positional -= 2;
  }
  if (positional < min || positional > max) {
    const plural = (n: number): string => `${n} argument${n === 1 ? "" : "s"}`;
    const expected =
      max === min
        ? plural(min)
        : max === Number.POSITIVE_INFINITY
          ? `at least ${plural(min)}`
          : `${min} to ${plural(max)}`;
    return `${name} expects ${expected}, got ${positional}`;
  }
  const missing = keys.find((k) => k.required && !given.has(k.name));
  return missing === undefined ? undefined : `${name} needs the named argument :${missing.name}`;
}

/** Checks or notes a call of a global function. */
export function checkCall(x: Expansion, call: Call, cell: Cell): void {
  if (cell.name.charCodeAt(0) === 126) {
    const signature = signatureOfCell(cell);
    const mistake = signature?.kind === "component" ? argumentMistake(call, signature) : undefined;
    if (mistake !== undefined) syntaxError(call.form, mistake);
  }
  if (x.expander.options.diagnose === true) x.expander.noteCall(x, call, cell);
}
