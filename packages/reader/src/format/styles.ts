/** How each kind of list is laid out when it does not stand on one line. */
import { isDiscard, isKeyword, type Node } from "./tree.ts";

/**
 * Forms with a body, and one letter for each argument that stays on the head's line: `c` code, `p` a
 * name or parameter list, `b` bindings (pairs, if in brackets), `g` what `guard` has. What follows
 * is indented by two. Anything else is a call.
 */
const BODY_FORMS: Readonly<Record<string, string>> = {
  "->": "c",
  "->>": "c",
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
  guard: "g",
  "handler-bind": "c",
  if: "c",
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

/** Forms whose arguments are clauses, from this one on. */
const CLAUSE_FORMS: Readonly<Record<string, number>> = { case: 2, cond: 1, match: 2 };

export interface Style {
  /**
   * - `top`: no bracket
   * - `items`: below each other, right behind the bracket
   * - `call`: below the first argument, if that alone is on the head's line; else as in a body
   * - `body`: below the head, indented by two, and never behind it once the list is broken
   * - `loose`: the same, but behind the head is fine: clauses, calls that end in a function
   */
  readonly kind: "top" | "items" | "call" | "body" | "loose";
  readonly roles: string;
  /** Items come in pairs from this index on, whatever they are. */
  readonly pairsFrom: number;
  /** Items are clauses from this index on. */
  readonly clausesFrom: number;
  /** Rows of atoms and parameters are filled; anything else goes below each other. */
  readonly filled: boolean;
  /** `(define name value)`: the value may stand on the head's line. */
  readonly definition: boolean;
}

const NONE = Number.POSITIVE_INFINITY;
const PLAIN: Style = {
  kind: "call",
  roles: "",
  pairsFrom: NONE,
  clausesFrom: NONE,
  filled: false,
  definition: false,
};

/** Where a list stands, as far as its layout depends on it. */
export type Place = "top" | "data" | "code" | "params" | "bindings" | "guard" | "clause";

const PLACE_OF_ROLE: Readonly<Record<string, Place>> = {
  c: "code",
  p: "params",
  b: "bindings",
  g: "guard",
};

/** `forms` adds body forms: name → number of arguments on the head's line. */
export function styleOf(list: Node, place: Place, forms: Readonly<Record<string, number>>): Style {
  if (place === "top") return { ...PLAIN, kind: "top" };
  if (place === "clause" && list.text === "(") return { ...PLAIN, kind: "loose" };
  const items = list.children.filter((child) => !isDiscard(child));
  const head = items[0];
  const pairs = list.text === "{" || (list.text === "[" && place === "bindings");
  const called =
    (place === "code" || place === "guard") &&
    list.text === "(" &&
    head?.kind === "atom" &&
    isName(head.text);
  if (!called) {
    const filled = !pairs && (place === "params" || items.every((item) => item.kind === "atom"));
    return { ...PLAIN, kind: "items", pairsFrom: pairs ? 0 : NONE, filled };
  }
  if (place === "guard") return { ...PLAIN, clausesFrom: 1 };
  const name = head.text;
  const clausesFrom = Object.hasOwn(CLAUSE_FORMS, name) ? (CLAUSE_FORMS[name] as number) : NONE;
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
    return { ...PLAIN, kind: "body", roles, definition, clausesFrom };
  }
  // A component or an element: attributes, then children. The op of an effect is no attribute.
  if (name.startsWith("~") || (isKeyword(items[1]) && name !== "perform")) {
    return { ...PLAIN, kind: "body" };
  }
  const flat = name === "cond" && items.slice(1).some((item) => item.text !== "(");
  if (flat) return { ...PLAIN, pairsFrom: 1 };
  if (items.length > 2 && isFunction(items.at(-1)) && !isFunction(items[1])) {
    return { ...PLAIN, kind: "loose", roles: "c" };
  }
  return { ...PLAIN, clausesFrom };
}

function isFunction(node: Node | undefined): boolean {
  const head = node?.children[0]?.text;
  return node?.text === "(" && (head === "fn" || head === "lambda");
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
  if (index >= style.clausesFrom) return "clause";
  const role = index > 0 ? style.roles[index - 1] : undefined;
  return role === undefined ? "code" : (PLACE_OF_ROLE[role] as Place);
}

/** The place of the form after a prefix that stands at `place`. */
export function placeAfterPrefix(prefix: string, place: Place): Place {
  if (prefix === "#;") return place;
  return prefix === "'" || (prefix.length > 1 && prefix.startsWith("#")) ? "data" : "code";
}
