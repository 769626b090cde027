/**
 * Just enough evaluation to write tests of primitives as text: calls of primitives, literals,
 * quote, `def` of a value for later lines. Nothing of the machine takes part.
 */

import type { Form } from "@sorbus/reader";
import { read } from "@sorbus/reader";
import { dictFrom, inspect, list } from "../../src/heap/index.ts";
import type { Value } from "../../src/heap/value.ts";
import { Condition, Raise } from "../../src/heap/value.ts";
import { elementFunctions } from "../../src/markup/index.ts";
import { ElementPrimitive } from "../../src/primitives/element.ts";
import { formToValue, primitives } from "../../src/primitives/index.ts";

export class Scope extends Map<string, Value> {}

function evaluateForm(form: Form, scope: Scope): Value {
  if (form.type === "symbol") {
    const value = scope.get(form.name) ?? primitives.get(form.name) ?? elementFunctions.get(form.name);
    if (value === undefined) throw new Error(`no ${form.name}`);
    return value;
  }
  if (form.type === "dict") {
    const values = form.items.map((item) => evaluateForm(item, scope));
    return dictFrom(
      Array.from({ length: values.length / 2 }, (_, i): [string, Value] => [
        String(values[2 * i]),
        values[2 * i + 1] ?? "",
      ]),
    );
  }
  if (form.type !== "list") return formToValue(form);
  if (form.bracket === "[") return list(...form.items.map((item) => evaluateForm(item, scope)));
  const [head, ...rest] = form.items;
  if (head === undefined) return formToValue(form);
  const [only] = rest;
  if (head.type === "symbol" && head.name === "quote" && only !== undefined) return formToValue(only);
  const fn =
    head.type === "symbol" ? (primitives.get(head.name) ?? elementFunctions.get(head.name)) : undefined;
  if (fn === undefined) throw new Error(`not a primitive: ${inspect(formToValue(head))}`);
  if (fn instanceof ElementPrimitive) {
    const named: [string, Value][] = [];
    const children: Value[] = [];
    for (let i = 0; i < rest.length; i++) {
      const item = rest[i] as Form;
      if (item.type === "keyword") named.push([item.name, evaluateForm(rest[++i] as Form, scope)]);
      else children.push(evaluateForm(item, scope));
    }
    return fn.call(named, children);
  }
  const args = rest.map((item) => evaluateForm(item, scope));
  if (args.length < fn.min || args.length > fn.max)
    throw new Error(`${fn.name} takes no ${args.length} arguments`);
  return fn.fn(...args);
}

/** The value of the last form of a text. */
export function evaluate(text: string, scope: Scope = new Scope()): Value {
  const { forms, errors } = read(text);
  if (errors[0] !== undefined) throw new Error(`${errors[0].message} in ${text}`);
  let value: Value | undefined;
  for (const form of forms) {
    const [head, name, expression] = form.type === "list" ? form.items : [];
    if (
      head?.type === "symbol" &&
      head.name === "def" &&
      name?.type === "symbol" &&
      expression !== undefined
    ) {
      scope.set(name.name, evaluateForm(expression, scope));
    } else value = evaluateForm(form, scope);
  }
  if (value === undefined) throw new Error(`no value: ${text}`);
  return value;
}

/** What `inspect` shows of the value, or `kind: message` of the condition that is raised. */
export function outcome(text: string, scope?: Scope): string {
  try {
    return inspect(evaluate(text, scope));
  } catch (e) {
    if (e instanceof Raise && e.payload instanceof Condition)
      return `${e.payload.kind}: ${e.payload.message}`;
    throw e;
  }
}
