/** Puts other constants and templates into code that has been compiled. */
import type { Unit } from "@sorbus/compiler";
import type { Form } from "@sorbus/reader";
import { Code, reseed, type Value } from "@sorbus/vm";
import { type Overrides, sameConstant } from "./diff-core.ts";
import { onlyLiveConstantsDiffer } from "./diff-forms.ts";
import type { Journal } from "./journal.ts";
import type { Definition } from "./model.ts";

interface Change {
  readonly code: Code;
  readonly constant: number;
  readonly value: Value;
  readonly before: Value;
}

/**
 * Makes the code of `old` do what `unit` says.
 * @param overrides what has to stand in it where that is not what was compiled; see `diffCore`
 * @returns the tier that it was; undefined, and nothing done, if code has to be compiled for it
 */
export function install(
  old: Definition,
  unit: Unit,
  overrides: Overrides,
  journal: Journal,
): "unchanged" | "literal" | "template" | undefined {
  const changes: Change[] = [];
  for (const slot of new Set([...old.installed.keys(), ...overrides.keys()])) {
    const place = old.code.slots.get(slot);
    const code = place === undefined ? undefined : old.code.functions[place.fn];
    if (place === undefined || !(code instanceof Code)) return undefined;
    const compiled = compiledConstant(old, slot);
    const before = old.installed.get(slot) ?? compiled;
    const value = overrides.get(slot) ?? compiled;
    if (before === undefined || value === undefined) return undefined;
    if (!sameConstant(before, value)) changes.push({ code, constant: place.constant, value, before });
  }
  const literal = changes.length > 0 && onlyLiveConstantsDiffer(old.unit, unit);
  if (changes.length > 0 && !literal && sameStructure(old.unit.form, unit.form)) return undefined;
  const { unit: unitBefore, installed } = old;
  journal.note(() => {
    for (const { code, constant, before } of changes) reseed(code, constant, before);
    old.unit = unitBefore;
    old.installed = installed;
  });
  for (const { code, constant, value } of changes) reseed(code, constant, value);
  old.unit = unit;
  if (changes.length === 0) return "unchanged";
  old.installed = overrides;
  return literal ? "literal" : "template";
}

/** The constant that was compiled into a slot. */
function compiledConstant(definition: Definition, slot: string): Value | undefined {
  const { compiled } = definition;
  return compiled.slots.get(slot) ?? compiled.templates?.get(slot)?.template;
}

/** Whether only atoms differ. */
function sameStructure(a: Form, b: Form): boolean {
  if ((a.type === "list" || a.type === "dict") && (b.type === "list" || b.type === "dict")) {
    return (
      a.type === b.type &&
      a.items.length === b.items.length &&
      a.items.every((item, i) => sameStructure(item, b.items[i] as Form))
    );
  }
  return a.type !== "list" && a.type !== "dict" && b.type !== "list" && b.type !== "dict";
}
