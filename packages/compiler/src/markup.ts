/**
 * Calls of elements. Nested static elements fold into one template: its constant parts are HTML
 * already, what is left are slots for attributes and children, evaluated in the order of the source.
 */
import type { Form, ListForm, SymbolForm } from "@sorbus/reader";
import {
  dictFrom,
  FALSE,
  fromArray,
  NIL,
  Raise,
  staticAttr,
  type Template,
  TemplateBuilder,
  TRUE,
  type Value,
  VOID_ELEMENTS,
} from "@sorbus/vm";
import type { Core, Local } from "./core.ts";
import type { Expansion } from "./expansion.ts";
import { CompilerConstant, type Hasher } from "./hash.ts";
import type { Binding } from "./module.ts";
import { syntaxError } from "./syntax.ts";

type ElementBinding = Extract<Binding, { kind: "element" }>;

/** A folded template as a constant of the program. */
export class FoldedTemplate extends CompilerConstant implements Template {
  readonly statics: Template["statics"];
  readonly slots: Template["slots"];
  constructor(template: Template) {
    super();
    this.statics = template.statics;
    this.slots = template.slots;
  }
  override hashInto(hasher: Hasher): void {
    hasher.string(JSON.stringify([this.statics, this.slots]));
  }
}

/** What fills a slot, with its place in the source: child indexes from the outermost element. */
interface Filling {
  readonly core: Core;
  readonly path: readonly number[];
}

interface Attribute {
  readonly name: string;
  readonly form: Form;
  readonly index: number;
}

interface Plan {
  readonly attributes: readonly Attribute[];
  readonly children: readonly (readonly [form: Form, index: number])[];
}

class Folder {
  readonly builder: TemplateBuilder = new TemplateBuilder();
  readonly fillings: Filling[] = [];
  /** Constants that are text of the template and name nothing. */
  readonly literals: Form[] = [];
  private readonly x: Expansion;

  constructor(x: Expansion) {
    this.x = x;
  }

  element(name: string, plan: Plan, path: readonly number[]): void {
    const { builder, x } = this;
    builder.open(name);
    for (const attribute of plan.attributes) {
      const value = constantOf(attribute.form);
      const identity = attribute.name === "key" || attribute.name === "id";
      if (value !== undefined && this.constantAttribute(name, attribute.name, value)) {
        if (!identity) this.literals.push(attribute.form);
        continue;
      }
      builder.attributeSlot(attribute.name);
      const core = identity ? x.fixed(attribute.form) : x.expand(attribute.form);
      this.fillings.push({ core, path: [...path, attribute.index] });
    }
    for (const [child, index] of plan.children) this.child(child, [...path, index]);
    builder.close();
  }

  private constantAttribute(element: string, name: string, value: Value): boolean {
    try {
      if (staticAttr(element, name, value) === undefined) return false;
    } catch (error) {
      // A mistake in a value is the running program's to raise, where a guard can see it.
      if (error instanceof Raise) return false;
      throw error;
    }
    return this.builder.attribute(name, value);
  }

  child(form: Form, path: readonly number[]): void {
    const { builder, x } = this;
    if (form.type !== "list" && form.type !== "dict") {
      const value = constantOf(form);
      if (value !== undefined && builder.child(value)) {
        this.literals.push(form);
        return;
      }
    }
    const binding = x.headBinding(form);
    if (binding?.kind === "element") {
      const plan = planOf(form as ListForm, binding.name);
      if (plan !== undefined) {
        x.enter(form, () => this.element(binding.name, plan, path));
        return;
      }
    }
    if (isFragment(binding)) {
      const { items } = form as ListForm;
      if (!items.some((item) => item.type === "keyword")) {
        x.enter(form, () => {
          for (let i = 1; i < items.length; i += 1) this.child(items[i] as Form, [...path, i]);
        });
        return;
      }
    }
    builder.childSlot();
    this.fillings.push({ core: x.expand(form), path });
  }
}

function isFragment(binding: Binding | undefined): boolean {
  return binding?.kind === "cell" && binding.cell.module === "core" && binding.cell.name === "<>";
}

/** Attributes and children of an element call; undefined for what only the running program may refuse. */
function planOf(form: ListForm, name: string): Plan | undefined {
  const attributes: Attribute[] = [];
  const children: [Form, number][] = [];
  const { items } = form;
  for (let i = 1; i < items.length; i += 1) {
    const item = items[i] as Form;
    if (item.type !== "keyword") {
      children.push([item, i]);
      continue;
    }
    const value = items[i + 1];
    if (value === undefined) syntaxError(item, `${name}: the attribute :${item.name} has no value`);
    if (attributes.some((a) => a.name === item.name)) return undefined;
    attributes.push({ name: item.name, form: value, index: i + 1 });
    i += 1;
  }
  if (children.length > 0 && VOID_ELEMENTS.has(name)) return undefined;
  return { attributes, children };
}

/** The value of a form that is the same at each evaluation and known now. */
function constantOf(form: Form): Value | undefined {
  switch (form.type) {
    case "string":
    case "number":
    case "bigint":
      return form.value;
    case "keyword":
      return form.name;
    case "nil":
      return NIL;
    case "boolean":
      return form.value ? TRUE : FALSE;
    case "list": {
      if (form.bracket !== "[") return undefined;
      const items = form.items.map(constantOf);
      return items.every((item) => item !== undefined) ? fromArray(items) : undefined;
    }
    case "dict": {
      const entries: [string, Value][] = [];
      for (let i = 0; i < form.items.length; i += 2) {
        const key = form.items[i];
        const value = constantOf(form.items[i + 1] as Form);
        if (key?.type !== "keyword" && key?.type !== "string") return undefined;
        if (value === undefined) return undefined;
        entries.push([key.type === "keyword" ? key.name : key.value, value]);
      }
      return dictFrom(entries);
    }
    default:
      return undefined;
  }
}

export function expandElement(x: Expansion, form: ListForm, binding: ElementBinding): Core {
  const plan = planOf(form, binding.name);
  if (plan === undefined)
    return x.call(form, { op: "global", form: form.items[0] as SymbolForm, cell: binding.cell });
  const folder = new Folder(x);
  folder.element(binding.name, plan, []);
  const node = { op: "const", form, value: new FoldedTemplate(folder.builder.finish()) } as const;
  x.live?.templates.push({ node, literals: folder.literals });
  return inSourceOrder(x, form, folder.fillings, (args) => x.coreCall(form, "%template", [node, ...args]));
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length && i < b.length; i += 1) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference < 0;
  }
  return a.length < b.length;
}

/** Attributes stand before children in the HTML, not always in the source: variables keep the order of evaluation. */
function inSourceOrder(
  x: Expansion,
  form: Form,
  fillings: readonly Filling[],
  make: (args: readonly Core[]) => Core,
): Core {
  const inOrder = fillings.every((filling, i) => {
    const next = fillings[i + 1];
    return next === undefined || isBefore(filling.path, next.path);
  });
  if (inOrder) return make(fillings.map((f) => f.core));
  const ordered = [...fillings].sort((a, b) => (isBefore(a.path, b.path) ? -1 : 1));
  const locals = new Map<Filling, Local>(ordered.map((f) => [f, x.scope.fresh("")]));
  const args = fillings.map((f) => x.local(form, locals.get(f) as Local));
  return {
    op: "let",
    form,
    locals: [...locals.values()],
    inits: ordered.map((f) => f.core),
    body: make(args),
  };
}
