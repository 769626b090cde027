/** Core as text, for tests and for people who look at an expansion. */
import { inspect } from "@sorbus/vm";
import type { Core, Lambda, Local } from "./core.ts";

function name(local: Local): string {
  return `${local.name === "" ? "_" : local.name}.${local.id}`;
}

function parameters(lambda: Lambda): string {
  const parts = lambda.required.map(name);
  if (lambda.optional.length > 0) {
    parts.push("&optional", ...lambda.optional.map((o) => `(${name(o.local)} ${printCore(o.fallback)})`));
  }
  if (lambda.rest !== undefined) parts.push("&rest", name(lambda.rest));
  if (lambda.keys.length > 0) {
    parts.push(
      "&key",
      ...lambda.keys.map((k) =>
        k.fallback === undefined
          ? `(:${k.name} ${name(k.local)})`
          : `(:${k.name} ${name(k.local)} ${printCore(k.fallback)})`,
      ),
    );
  }
  return parts.join(" ");
}

function bindings(locals: readonly Local[], inits: readonly Core[]): string {
  return locals.map((local, i) => `(${name(local)} ${printCore(inits[i] as Core)})`).join(" ");
}

/**
 * One line. Variables are `name.id`, core globals their name, others `module/name`; constants are
 * quoted where they are lists or symbols, a named argument is `:name`, a live constant ends in `@path`.
 */
export function printCore(core: Core): string {
  switch (core.op) {
    case "const": {
      const { value } = core;
      const text = `${inspect(value)}`;
      const shown =
        typeof value === "object" && /^[^#{]/.test(text) && !/^(nil|true|false)$/.test(text)
          ? `'${text}`
          : text;
      return core.slot === undefined ? shown : `${shown}@${core.slot}`;
    }
    case "local":
      return name(core.local);
    case "global":
      return core.cell.module === "core" ? core.cell.name : `${core.cell.module}/${core.cell.name}`;
    case "set-local":
      return `(set! ${name(core.local)} ${printCore(core.value)})`;
    case "set-global":
      return `(set! ${core.cell.module}/${core.cell.name} ${printCore(core.value)})`;
    case "define":
      return `(define ${core.cell.module}/${core.cell.name} ${printCore(core.value)})`;
    case "if":
      return `(if ${printCore(core.test)} ${printCore(core.then)} ${printCore(core.else)})`;
    case "seq":
      return `(seq ${core.body.map(printCore).join(" ")})`;
    case "let":
    case "letrec":
      return `(${core.op} (${bindings(core.locals, core.inits)}) ${printCore(core.body)})`;
    case "lambda": {
      const head = core.kind === "component" ? "component" : "lambda";
      return `(${head}${core.name === "" ? "" : ` ${core.name}`} (${parameters(core)}) ${printCore(core.body)})`;
    }
    case "call": {
      const named = new Set(core.named);
      const args = core.args.map((arg, i) =>
        named.has(i) && arg.op === "const" ? ` :${String(arg.value)}` : ` ${printCore(arg)}`,
      );
      return `(${printCore(core.fn)}${args.join("")})`;
    }
  }
}
