/** Reads parameter lists: what stands where, without a scope. Functions, macros and components share it. */
import type { Form, ListForm, SymbolForm } from "@sorbus/reader";
import type { Signature } from "./module.ts";
import { headName, isKeyword, isParen, syntaxError } from "./syntax.ts";

/** A name, or a pattern that takes the argument apart. */
export interface Param {
  readonly target: Form;
  /** After `:as`. */
  readonly type: Form | undefined;
  /** The default; undefined when none is written. */
  readonly fallback: Form | undefined;
}

export interface NamedParam extends Param {
  readonly target: SymbolForm;
}

export interface ParamList {
  readonly form: Form;
  readonly required: readonly Param[];
  readonly optional: readonly Param[];
  readonly rest: Form | undefined;
  readonly keys: readonly NamedParam[];
}

const markers = new Set(["&optional", "&rest", "&key"]);

/** `(x :as type default)` and what it leaves out. A bracket list or a dict is a pattern. */
function parseParam(form: Form, mayDefault: boolean): Param {
  if (!isParen(form)) return { target: form, type: undefined, fallback: undefined };
  const { items } = form;
  const target = items[0];
  if (target === undefined) syntaxError(form, "an empty list is not a parameter");
  let next = 1;
  let type: Form | undefined;
  if (isKeyword(items[1], "as")) {
    type = items[2];
    if (type === undefined) syntaxError(form, "a type is missing after :as");
    next = 3;
  }
  const fallback = items[next];
  if (fallback !== undefined && !mayDefault) {
    syntaxError(form, "a required parameter has no default: write &optional or &key before it");
  }
  if (items.length > next + 1 || (type === undefined && fallback === undefined)) {
    syntaxError(
      form,
      mayDefault
        ? "a parameter is written name, (name default) or (name :as type default)"
        : "a parameter is written name or (name :as type)",
    );
  }
  return { target, type, fallback };
}

function needName(param: Param): NamedParam {
  const { target } = param;
  if (target.type !== "symbol") syntaxError(target, "a named parameter is a name, not a pattern");
  return { ...param, target };
}

/**
 * Reads the parameters in `items` from index `from` on; `form` is the place for errors.
 * @throws Raise kind "syntax"
 */
export function parseParams(form: Form, items: readonly Form[], from: number): ParamList {
  const required: Param[] = [];
  const optional: Param[] = [];
  const keys: NamedParam[] = [];
  let rest: Form | undefined;
  let section = "required";
  for (let i = from; i < items.length; i += 1) {
    const item = items[i] as Form;
    if (item.type === "symbol" && item.name.charCodeAt(0) === 38 && item.name.length > 1) {
      if (!markers.has(item.name)) syntaxError(item, `${item.name} is none of &optional, &rest and &key`);
      if (section === item.name) syntaxError(item, `${item.name} stands twice in one parameter list`);
      section = item.name;
      continue;
    }
    switch (section) {
      case "required":
        required.push(parseParam(item, false));
        break;
      case "&optional":
        optional.push(parseParam(item, true));
        break;
      case "&key":
        keys.push(needName(parseParam(item, true)));
        break;
      default:
        if (rest !== undefined) syntaxError(item, "only one parameter may follow &rest");
        rest = item;
    }
  }
  if (section === "&rest" && rest === undefined) syntaxError(form, "a name is missing after &rest");
  return { form, required, optional, rest, keys };
}

/** The parameter list of `(fn params …)`. */
export function parseParamForm(owner: ListForm, form: Form | undefined): ParamList {
  if (form === undefined || form.type !== "list")
    syntaxError(form ?? owner, `the parameter list of ${headName(owner)} is missing`);
  return parseParams(form, form.items, 0);
}

/** What callers need to know of a function with these parameters. */
export function signatureOf(kind: Signature["kind"], name: string, params: ParamList): Signature {
  const min = params.required.length;
  return {
    kind,
    name,
    min,
    max: params.rest === undefined ? min + params.optional.length : Number.POSITIVE_INFINITY,
    keys: params.keys.map((k) => ({ name: k.target.name, required: k.fallback === undefined })),
  };
}
