/**
 * Which constants of a definition a tool may replace while the program runs: those that are values
 * and nothing else. What a macro has seen, what names something, what is folded, is none.
 */
import type { Form } from "@sorbus/reader";
import type { Value } from "@sorbus/vm";
import type { Core, LiveTemplate } from "./core.ts";

type Const = Extract<Core, { op: "const" }>;

export interface Live {
  readonly slots: ReadonlyMap<string, Value>;
  readonly templates: ReadonlyMap<string, LiveTemplate> | undefined;
}

/** Collected while a form is expanded. */
export class LiveParts {
  /** Literals in ordinary expression positions. */
  readonly literals: Const[] = [];
  /** Folded templates, each with the literals that are text in it. */
  readonly templates: { readonly node: Const; readonly literals: readonly Form[] }[] = [];
  /** Macro calls: nothing inside them is live. */
  readonly consumed: Set<Form> = new Set();
  private readonly identities = new Set<Core>();

  /** The first argument of some calls names something: an effect, a route. */
  noteCall(fn: Core, first: Core | undefined): void {
    if (first?.op !== "const" || typeof first.value !== "string") return;
    const isEffect = fn.op === "global" && fn.cell.module === "core" && fn.cell.name === "perform";
    if (isEffect || first.value.startsWith("/")) this.identities.add(first);
  }

  /**
   * Gives live constants the path of their form in the definition: child indexes joined by dots, so
   * that it depends on nothing but what stands before it in the same list.
   */
  place(form: Form): Live {
    const slots = new Map<string, Value>();
    if (this.literals.length === 0 && this.templates.length === 0) return { slots, templates: undefined };
    const wanted = new Set<Form>();
    for (const { form: literal } of this.literals) wanted.add(literal);
    for (const { node, literals } of this.templates) {
      wanted.add(node.form);
      for (const literal of literals) wanted.add(literal);
    }
    const paths = this.paths(form, wanted);
    const give = (node: Const): string | undefined => {
      const path = paths.get(node.form);
      if (path !== undefined) (node as { slot?: string }).slot = path;
      return path;
    };
    for (const node of this.literals) {
      if (this.identities.has(node)) continue;
      const path = give(node);
      if (path !== undefined) slots.set(path, node.value);
    }
    const templates = new Map<string, LiveTemplate>();
    for (const { node, literals } of this.templates) {
      const path = give(node);
      if (path === undefined) continue;
      const own = literals.map((literal) => paths.get(literal)).filter((p) => p !== undefined);
      templates.set(path, { template: node.value, literals: own });
    }
    return { slots, templates: templates.size === 0 ? undefined : templates };
  }

  /** The paths of the wanted forms inside `root`, but for what a macro has seen. */
  private paths(root: Form, wanted: ReadonlySet<Form>): Map<Form, string> {
    const paths = new Map<Form, string>();
    if (wanted.has(root)) paths.set(root, "");
    if (!isParent(root) || this.consumed.has(root)) return paths;
    // Where the walk is: the lists around it, and the index in each.
    const parents: Parent[] = [root];
    const indexes: number[] = [0];
    for (;;) {
      const depth = parents.length - 1;
      const parent = parents[depth];
      if (parent === undefined) return paths;
      const index = indexes[depth] as number;
      const item = parent.items[index];
      if (item === undefined) {
        parents.pop();
        indexes.pop();
        if (depth > 0) indexes[depth - 1] = (indexes[depth - 1] as number) + 1;
        continue;
      }
      if (wanted.has(item)) paths.set(item, indexes.join("."));
      if (isParent(item) && !this.consumed.has(item)) {
        parents.push(item);
        indexes.push(0);
      } else indexes[depth] = index + 1;
    }
  }
}

type Parent = Extract<Form, { type: "list" | "dict" }>;

function isParent(form: Form): form is Parent {
  return form.type === "list" || form.type === "dict";
}
