/** How each kind of list is laid out when it does not stand on one line. */
import { isDiscard, isKeyword, type Node } from "./tree.ts";

/**
 * Forms with a body, and one letter for each argument that stays on the head's line: `c` code, `p` a
 * name or parameter list, `b` bindings (pairs, if in brackets). What follows is indented by two.
 * Anything else is a call, whose arguments stand below each other.
 */
const BODY_FORMS: Readonly<Record<string, string>> = {
  begin: "",
  case: "c",
  define: "p",
  "define-record-type": "pp",
  defcomp: "pp",
  defeffect: "pp",
  defmacro: "pp",
  defonce: "p",
  do: "",
  dotimes: "p",
  fn: "p",
  for: "b",
  guard: "c",
  "handler-bind": "c",
  lambda: "p",
  let: "b",
  "let*": "b",
  letrec: "b",
  match: "c",
  parameterize: "b",
  preview: "c",
  provide: "cc",
  reset: "",
  scope: "c",
  shift: "p",
  timeout: "c",
  unless: "c",
  when: "c",
  while: "c",
  "with-effects": "c",
};

/** As Emacs does it: what defines, and what wraps a body, shows by its name. */
const BODY_NAMES: RegExp = /^(def|with-)/;

export interface Style {
  /** `items`: below each other, behind the bracket. `call`: below the first argument. */
  readonly kind: "top" | "items" | "call" | "body";
  readonly roles: string;
  /** Items come in pairs from this index on, whatever they are. */
  readonly pairsFrom: number;
  /** Rows of atoms and parameters are filled; anything else goes below each other. */
  readonly filled: boolean;
  /** `(define name value)`: the value may stand on the head's line. */
  readonly definition: boolean;
}

const NO_PAIRS = Number.POSITIVE_INFINITY;
const PLAIN: Style = {
  kind: "call",
  roles: "",
  pairsFrom: NO_PAIRS,
  filled: false,
  definition: false,
};

/** Where a list stands, as far as its layout depends on it. */
export type Place = "top" | "data" | "code" | "params" | "bindings";

/** `forms` adds body forms: name → number of arguments on the head's line. */
export function styleOf(list: Node, place: Place, forms: Readonly<Record<string, number>>): Style {
  if (place === "top") return { ...PLAIN, kind: "top" };
  const items = list.children.filter((child) => !isDiscard(child));
  const head = items[0];
  const pairs = list.text === "{" || (list.text === "[" && place === "bindings");
  const called = place === "code" && list.text === "(" && head?.kind === "atom" && isName(head.text);
  if (!called) {
    const filled = !pairs && (place === "params" || items.every((item) => item.kind === "atom"));
    return { ...PLAIN, kind: "items", pairsFrom: pairs ? 0 : NO_PAIRS, filled };
  }
  const name = head.text;
  let roles = Object.hasOwn(forms, name)
    ? "c".repeat(forms[name] as number)
    : Object.hasOwn(BODY_FORMS, name)
      ? BODY_FORMS[name]
      : BODY_NAMES.test(name)
        ? "c"
        : undefined;
  // Named let.
  if (name === "let" && items[1]?.kind === "atom") roles = "cb";
  if (roles !== undefined) {
    const definition = roles === "p" && items.length === 3 && items[1]?.kind === "atom";
    return { ...PLAIN, kind: "body", roles, definition };
  }
  // A component or an element: attributes, then children. The op of an effect is no attribute.
  if (name.startsWith("~") || (isKeyword(items[1]) && name !== "perform")) {
    return { ...PLAIN, kind: "body" };
  }
  const flat = name === "cond" && items.slice(1).some((item) => item.text !== "(");
  return { ...PLAIN, pairsFrom: flat ? 1 : NO_PAIRS };
}

/** Whether an atom at the head of a list looks like a function or form. */
function isName(text: string): boolean {
  const c = text.charCodeAt(0);
  return c !== 34 && c !== 35 && c !== 58 && !(c >= 48 && c <= 57);
}

/** The place of the item of significant index `index` in a list of that style and place. */
export function placeOf(style: Style, place: Place, index: number): Place {
  if (place === "top") return "code";
  if (place === "data") return "data";
  const role = style.kind === "body" && index > 0 ? style.roles[index - 1] : undefined;
  return role === "p" ? "params" : role === "b" ? "bindings" : "code";
}

/** The place of the form after a prefix that stands at `place`. */
export function placeAfterPrefix(prefix: string, place: Place): Place {
  if (prefix === "#;") return place;
  return prefix === "'" || (prefix.length > 1 && prefix.startsWith("#")) ? "data" : "code";
}
