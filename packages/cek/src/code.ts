/**
 * Units as the machine runs them, and names for their parts: a frozen continuation cannot hold an
 * expression, it says which one of which unit it is.
 */
import type { Core, Lambda, Local, Unit } from "@sorbus/compiler";

export interface UnitOptions {
  /** Core and prelude code, which traces leave out. Default false. */
  readonly hidden?: boolean;
  /** A form of a file: its activation is kept under the call in its tail position. Default false. */
  readonly keepsTop?: boolean;
}

export class UnitCode {
  readonly unit: Unit;
  readonly hidden: boolean;
  /** So that traces end in the form. */
  readonly keepsTop: boolean;
  /** A function of no arguments that evaluates the unit. */
  readonly thunk: Lambda;
  private index: { readonly nodes: readonly Core[]; readonly locals: readonly Local[] } | undefined;

  constructor(unit: Unit, { hidden = false, keepsTop = false }: UnitOptions = {}) {
    const { form, core } = unit;
    this.unit = unit;
    this.hidden = hidden;
    this.keepsTop = keepsTop;
    this.thunk = {
      op: "lambda",
      form,
      name: "top level",
      kind: "function",
      required: [],
      optional: [],
      rest: undefined,
      keys: [],
      body: core,
    };
  }

  /** All expressions and variables of the unit, in an order that is the same in every process. */
  parts(): { readonly nodes: readonly Core[]; readonly locals: readonly Local[] } {
    this.index ??= partsOf(this.thunk);
    return this.index;
  }
}

/** What belongs to the program's text, however many continuations refer to it. */
export function isCode(o: object): boolean {
  return o instanceof UnitCode || ("op" in o && "form" in o);
}

function partsOf(root: Core): { nodes: Core[]; locals: Local[] } {
  const nodes: Core[] = [];
  const locals: Local[] = [];
  const seen = new Set<Core>();
  const waiting: Core[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    nodes.push(node);
    if (node.op === "let" || node.op === "letrec") locals.push(...node.locals);
    if (node.op === "lambda") {
      locals.push(...node.required, ...node.optional.map((p) => p.local));
      if (node.rest !== undefined) locals.push(node.rest);
      locals.push(...node.keys.map((k) => k.local));
    }
    waiting.push(...children(node));
  }
  return { nodes, locals };
}

function children(node: Core): readonly Core[] {
  switch (node.op) {
    case "const":
    case "local":
    case "global":
      return [];
    case "set-local":
    case "set-global":
    case "define":
      return [node.value];
    case "if":
      return [node.test, node.then, node.else];
    case "seq":
      return node.body;
    case "let":
    case "letrec":
      return [...node.inits, node.body];
    case "lambda": {
      const keys = node.keys.flatMap(({ fallback }) => (fallback === undefined ? [] : [fallback]));
      return [...node.optional.map(({ fallback }) => fallback), ...keys, node.body];
    }
    case "call":
      return [node.fn, ...node.args];
    default:
      return node satisfies never;
  }
}
