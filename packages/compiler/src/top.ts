/** Top-level forms to units: definitions each get their own, a `do` is taken apart. */
import type { Form, ListForm } from "@sorbus/reader";
import type { Unit } from "./core.ts";
import { definers } from "./definitions.ts";
import type { Expander } from "./expander.ts";
import { Expansion } from "./expansion.ts";
import { expandMacro, type MacroCache } from "./macros.ts";
import type { Module } from "./module.ts";
import { makeUnit } from "./units.ts";

/** The units of `form`, each expanded after the one before has been taken (and run, if the caller does so). */
export function* expandTop(
  expander: Expander,
  form: Form,
  module: Module,
  cache: MacroCache,
): Generator<Unit, void, void> {
  const queue: Form[] = [form];
  let ordinal = 0;
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const x = new Expansion(expander, module, cache);
    const binding = x.headBinding(next);
    if (binding?.kind === "macro") {
      const call = next as ListForm;
      queue.push(x.enter(call, () => expandMacro(x, call, binding.macro)));
      continue;
    }
    if (binding?.kind === "special" && (binding.name === "do" || binding.name === "begin")) {
      const { items } = next as ListForm;
      if (items.length > 1) {
        for (let i = items.length - 1; i > 0; i -= 1) queue.push(items[i] as Form);
        continue;
      }
    }
    const unit = expandOne(x, next);
    // A form that is expanded again after a suspension has handed these out before.
    ordinal += 1;
    if (ordinal <= cache.done) continue;
    cache.done = ordinal;
    yield unit;
  }
}

function expandOne(x: Expansion, form: Form): Unit {
  const binding = x.headBinding(form);
  const definer = binding?.kind === "special" ? definers.get(binding.name) : undefined;
  if (definer !== undefined) {
    const definition = definer.top(x, form as ListForm);
    return makeUnit(x, `${x.module.id}/${definition.name}`, form, definition.core, definition.interface);
  }
  const core = x.expand(form);
  if (x.preview === undefined)
    return makeUnit(x, `${x.module.id}#${x.module.next()}`, form, core, "expression");
  return makeUnit(x, `${x.module.id}/preview ${x.preview.name}`, form, core, `preview ${x.preview.name}`);
}
