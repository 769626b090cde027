/** What an edit did to the top-level forms of a file, and to one of them. Forms are compared, never text. */

import type { Unit } from "@sorbus/compiler";
import { type Form, formsEqual } from "@sorbus/reader";

/** What became of a file's forms. */
export type FormsDiff =
  /** All as they were; `now` are the same forms as read last. */
  | { readonly type: "same"; readonly now: readonly Form[] }
  /** The same definitions at the same places; those at `changed` have other contents. */
  | { readonly type: "edited"; readonly now: readonly Form[]; readonly changed: readonly number[] }
  /** Forms were added, removed, moved or renamed. */
  | { readonly type: "rearranged" };

/** Compares the forms of a file before and after. Linear in what is not the same objects. */
export function diffForms(before: readonly Form[], now: readonly Form[]): FormsDiff {
  if (before.length !== now.length) return { type: "rearranged" };
  const changed: number[] = [];
  for (const [i, old] of before.entries()) {
    const form = now[i] as Form;
    if (old === form || formsEqual(old, form)) continue;
    const key = keyOf(old);
    if (key === undefined || key !== keyOf(form)) return { type: "rearranged" };
    changed.push(i);
  }
  return changed.length === 0 ? { type: "same", now } : { type: "edited", now, changed };
}

/** What form it is and what it defines, as far as that shows; undefined for those that change what names mean. */
export function keyOf(form: Form): string | undefined {
  if (form.type !== "list") return "expression";
  const [head, target] = form.items;
  if (head?.type !== "symbol") return "expression";
  if (head.name === "import" || head.name === "export") return undefined;
  if (target === undefined) return head.name;
  switch (target.type) {
    case "symbol":
    case "keyword":
      return `${head.name} ${target.name}`;
    case "string":
      return `${head.name} "${target.value}"`;
    case "list": {
      const [name] = target.items;
      return name?.type === "symbol" ? `${head.name} ${name.name}` : head.name;
    }
    default:
      return head.name;
  }
}

/**
 * Whether a definition's form differs from another one only in constants that the compiler has recorded as
 * values and nothing else, in both of them.
 */
export function onlyLiveConstantsDiffer(a: Unit, b: Unit): boolean {
  return livePaths(a.form, b.form, "", livesOf(a), livesOf(b));
}

function livesOf(unit: Unit): ReadonlySet<string> {
  const lives = new Set(unit.slots.keys());
  for (const { literals } of unit.templates?.values() ?? []) for (const path of literals) lives.add(path);
  return lives;
}

function livePaths(
  a: Form,
  b: Form,
  path: string,
  livesA: ReadonlySet<string>,
  livesB: ReadonlySet<string>,
): boolean {
  if (a === b || formsEqual(a, b)) return true;
  if (isParent(a) && isParent(b) && a.type === b.type && a.items.length === b.items.length) {
    if (a.type === "list" && b.type === "list" && (a.bracket !== b.bracket || a.prefix !== b.prefix))
      return false;
    // A literal list as an attribute's value is one constant.
    if (livesA.has(path) && livesB.has(path)) return true;
    return a.items.every((item, i) =>
      livePaths(item, b.items[i] as Form, path === "" ? String(i) : `${path}.${i}`, livesA, livesB),
    );
  }
  return !isParent(a) && !isParent(b) && livesA.has(path) && livesB.has(path);
}

function isParent(form: Form): form is Extract<Form, { type: "list" | "dict" }> {
  return form.type === "list" || form.type === "dict";
}
