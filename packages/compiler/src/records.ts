/** `define-record-type`, as in R7RS. */
import type { Form, ListForm, SymbolForm } from "@sorbus/reader";
import { fromArray } from "@sorbus/vm";
import type { Core, Local } from "./core.ts";
import type { NamedDefinition } from "./definitions.ts";
import type { Expansion } from "./expansion.ts";
import type { Signature } from "./module.ts";
import { isParen, need, needSymbol, syntaxError } from "./syntax.ts";

interface Field {
  readonly name: SymbolForm;
  readonly getter: SymbolForm | undefined;
  readonly setter: SymbolForm | undefined;
}

function isNothing(form: Form): boolean {
  return form.type === "nil" || (form.type === "boolean" && !form.value);
}

function parseField(form: Form): Field {
  if (form.type === "symbol") return { name: form, getter: undefined, setter: undefined };
  if (!isParen(form)) syntaxError(form, "a field is written (name getter) or (name getter setter)");
  const [name, getter, setter] = form.items;
  for (const item of form.items) {
    if (item.type !== "symbol") syntaxError(item, "a field is written (name getter) or (name getter setter)");
  }
  if (name?.type !== "symbol" || form.items.length > 3) {
    syntaxError(form, "a field is written (name getter) or (name getter setter)");
  }
  return {
    name,
    getter: getter?.type === "symbol" ? getter : undefined,
    setter: setter?.type === "symbol" ? setter : undefined,
  };
}

function signature(name: string, count: number): Signature {
  return { kind: "function", name, min: count, max: count, keys: [] };
}

/**
 * `(define-record-type point (make-point x y) point? (x point-x set-point-x!) …)`: the type first.
 * `typeOf` refers to the type itself, so that functions of an older definition keep theirs.
 */
export function recordDefinitions(
  x: Expansion,
  form: ListForm,
  typeOf: (place: Form) => Core,
): NamedDefinition[] {
  const shape = "a name, a constructor, a predicate and fields";
  const type = needSymbol(form, 1, shape);
  const maker = need(form, 2, shape);
  const predicate = need(form, 3, shape);
  const fields = form.items.slice(4).map(parseField);
  const names = fields.map((f) => f.name.name);
  names.forEach((name, i) => {
    if (names.indexOf(name) !== i)
      syntaxError(form, `the record type ${type.name} has two fields named ${name}`);
  });
  const definitions: NamedDefinition[] = [
    {
      symbol: type,
      signature: { kind: "record", name: type.name, min: 0, max: 0, keys: [], fields: names },
      make: () =>
        x.coreCall(form, "%record-type", [x.constant(form, type.name), x.constant(form, fromArray(names))]),
    },
  ];
  const fn = (symbol: SymbolForm, params: readonly string[], make: (args: readonly Core[]) => Core): void => {
    definitions.push({
      symbol,
      signature: signature(symbol.name, params.length),
      make: () => {
        const locals: Local[] = params.map((name) => x.scope.fresh(name));
        return x.lambdaOf(symbol, symbol.name, locals, () =>
          make(locals.map((local) => x.local(symbol, local))),
        );
      },
    });
  };
  if (!isNothing(maker)) {
    const symbol = isParen(maker) ? maker.items[0] : maker;
    if (symbol?.type !== "symbol") syntaxError(maker, "a constructor is written (make-point x y)");
    const given = isParen(maker) ? maker.items.slice(1).map((item) => constructorField(item, names)) : names;
    fn(symbol, given, (args) => {
      const values = names.map((name) => {
        const at = given.indexOf(name);
        return at < 0 ? x.nil(symbol) : (args[at] as Core);
      });
      return x.coreCall(symbol, "%record", [typeOf(symbol), ...values]);
    });
  }
  if (!isNothing(predicate)) {
    if (predicate.type !== "symbol") syntaxError(predicate, "a predicate is a name");
    fn(predicate, ["value"], (args) => x.coreCall(predicate, "%record?", [typeOf(predicate), ...args]));
  }
  fields.forEach(({ getter, setter }, i) => {
    if (getter !== undefined) {
      fn(getter, [type.name], (args) =>
        x.coreCall(getter, "%record-ref", [
          typeOf(getter),
          ...args,
          x.constant(getter, i),
          x.constant(getter, getter.name),
        ]),
      );
    }
    if (setter !== undefined) {
      fn(setter, [type.name, "value"], ([record, value]) =>
        x.coreCall(setter, "%record-set!", [
          typeOf(setter),
          record as Core,
          x.constant(setter, i),
          value as Core,
          x.constant(setter, setter.name),
        ]),
      );
    }
  });
  return definitions;
}

function constructorField(item: Form, names: readonly string[]): string {
  if (item.type !== "symbol" || !names.includes(item.name)) {
    syntaxError(item, "a constructor's parameters are fields of the record type");
  }
  return item.name;
}
