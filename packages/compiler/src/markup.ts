/** Calls of elements. */
import type { ListForm, SymbolForm } from "@sorbus/reader";
import type { Core } from "./core.ts";
import type { Expansion } from "./expansion.ts";
import type { Binding } from "./module.ts";

/** An element call: for now as any call. */
export function expandElement(x: Expansion, form: ListForm, binding: Extract<Binding, { kind: "element" }>): Core {
  return x.call(form, { op: "global", form: form.items[0] as SymbolForm, cell: binding.cell });
}
