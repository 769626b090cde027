/** Bodies: expressions and inner definitions in turn, as one `letrec`. */
import type { Form, ListForm } from "@sorbus/reader";
import type { Core, Local } from "./core.ts";
import { definers } from "./definitions.ts";
import type { Expansion } from "./expansion.ts";
import { expandMacro } from "./macros.ts";
import { syntaxError } from "./syntax.ts";

/** A local definition whose name is in scope already; `make` expands what it starts with. */
export interface LocalDefinition {
  readonly local: Local;
  readonly make: () => Core;
}

type Entry =
  | { readonly type: "definition"; readonly definition: LocalDefinition }
  | { readonly type: "expression"; readonly form: Form };

/** `items` from index `from` on. Without any: nil. */
export function expandBody(x: Expansion, items: readonly Form[], from: number, place: Form): Core {
  const count = items.length - from;
  if (count <= 0) return x.nil(place);
  if (x.scope.isTop || !mayDefine(x, items, from)) {
    if (count === 1) return x.expand(items[from] as Form);
    const body: Core[] = [];
    for (let i = from; i < items.length; i += 1) body.push(x.expand(items[i] as Form));
    return { op: "seq", form: place, body };
  }
  return expandDefinitions(x, items.slice(from), place);
}

/** Whether some form of the body is a definition, or a macro call that may turn into one. */
function mayDefine(x: Expansion, items: readonly Form[], from: number): boolean {
  for (let i = from; i < items.length; i += 1) {
    const binding = x.headBinding(items[i] as Form);
    if (binding === undefined) continue;
    if (binding.kind === "macro") return true;
    if (binding.kind === "special" && (definers.has(binding.name) || splices(binding.name))) return true;
  }
  return false;
}

function splices(name: string): boolean {
  return name === "do" || name === "begin";
}

function expandDefinitions(x: Expansion, items: readonly Form[], place: Form): Core {
  const { scope } = x;
  const mark = scope.mark();
  const entries: Entry[] = [];
  for (const item of items) collect(x, item, entries);
  const locals: Local[] = [];
  const inits: Core[] = [];
  let pending: Core[] = [];
  for (const entry of entries) {
    if (entry.type === "expression") {
      pending.push(x.expand(entry.form));
      continue;
    }
    const init = entry.definition.make();
    locals.push(entry.definition.local);
    // Expressions between definitions keep their turn: they belong to the next init.
    inits.push(pending.length === 0 ? init : x.seq(place, [...pending, init]));
    pending = [];
  }
  scope.release(mark);
  const body = x.seq(place, pending);
  return locals.length === 0 ? body : { op: "letrec", form: place, locals, inits, body };
}

/** Expands macros in the place of a statement until it is known whether it defines something. */
function collect(x: Expansion, item: Form, entries: Entry[]): void {
  let form = item;
  for (;;) {
    const binding = x.headBinding(form);
    if (binding?.kind === "macro") {
      const call = form as ListForm;
      form = x.enter(call, () => expandMacro(x, call, binding.macro));
      continue;
    }
    if (binding?.kind !== "special") break;
    const list = form as ListForm;
    if (splices(binding.name) && list.items.length > 1) {
      for (const inner of list.items.slice(1)) collect(x, inner, entries);
      return;
    }
    const definer = definers.get(binding.name);
    if (definer === undefined) break;
    if (definer.local === undefined) syntaxError(form, `${binding.name} belongs at top level`);
    for (const definition of definer.local(x, list)) entries.push({ type: "definition", definition });
    return;
  }
  entries.push({ type: "expression", form });
}
