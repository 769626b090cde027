/**
 * Whether new Core can run in code that was compiled from other Core, with nothing replaced but live constants and
 * templates. Structure is compared, never text.
 */
import { type Core, FoldedTemplate, type Lambda, type Local } from "@sorbus/compiler";
import { Cell, equal, inspect, type Template, type Value } from "@sorbus/vm";

/** What has to stand in the code, by slot, where that is not what was compiled. */
export type Overrides = ReadonlyMap<string, Value>;

/** The slots of the code that can be given other values. */
export type Slots = ReadonlyMap<string, unknown>;

type Const = Extract<Core, { op: "const" }>;
type Call = Extract<Core, { op: "call" }>;

/**
 * The values that make code of `compiled` do what `next` says; undefined if no values do. Linear in the Core, but
 * quadratic in the slots of a template whose markup has moved.
 */
export function diffCore(compiled: Core, next: Core, slots: Slots): Overrides | undefined {
  const comparison = new Comparison(slots);
  return comparison.pair(compiled, next) ? comparison.overrides : undefined;
}

class Comparison {
  overrides: Map<string, Value> = new Map();
  private readonly slots: Slots;
  private readonly locals: Map<Local, Local> = new Map();

  constructor(slots: Slots) {
    this.slots = slots;
  }

  pair(a: Core, b: Core): boolean {
    if (a === b) return true;
    switch (a.op) {
      case "const":
        return b.op === "const" && this.constant(a, b);
      case "local":
        return b.op === "local" && this.same(a.local, b.local);
      case "global":
        return b.op === "global" && a.cell === b.cell;
      case "set-local":
        return b.op === "set-local" && this.same(a.local, b.local) && this.pair(a.value, b.value);
      case "set-global":
        return b.op === "set-global" && a.cell === b.cell && this.pair(a.value, b.value);
      case "define":
        return b.op === "define" && a.cell === b.cell && this.pair(a.value, b.value);
      case "if":
        return (
          b.op === "if" && this.pair(a.test, b.test) && this.pair(a.then, b.then) && this.pair(a.else, b.else)
        );
      case "seq":
        return b.op === "seq" && this.all(a.body, b.body);
      case "let":
        if (b.op !== "let" || !this.all(a.inits, b.inits)) return false;
        return this.bindAll(a.locals, b.locals) && this.pair(a.body, b.body);
      case "letrec":
        if (b.op !== "letrec" || !this.bindAll(a.locals, b.locals)) return false;
        return this.all(a.inits, b.inits) && this.pair(a.body, b.body);
      case "lambda":
        return b.op === "lambda" && this.lambda(a, b);
      case "call":
        return b.op === "call" && this.call(a, b);
      default:
        return a satisfies never;
    }
  }

  private all(as: readonly Core[], bs: readonly Core[]): boolean {
    return as.length === bs.length && as.every((a, i) => this.pair(a, bs[i] as Core));
  }

  private same(a: Local, b: Local): boolean {
    return this.locals.get(a) === b;
  }

  private bind(a: Local, b: Local): boolean {
    this.locals.set(a, b);
    // Code keeps the two kinds of variables in different places.
    return a.assigned === b.assigned;
  }

  private bindAll(as: readonly Local[], bs: readonly Local[]): boolean {
    return as.length === bs.length && as.every((a, i) => this.bind(a, bs[i] as Local));
  }

  private lambda(a: Lambda, b: Lambda): boolean {
    if (a.name !== b.name || a.kind !== b.kind) return false;
    if (a.optional.length !== b.optional.length || a.keys.length !== b.keys.length) return false;
    if ((a.rest === undefined) !== (b.rest === undefined)) return false;
    if (!this.bindAll(a.required, b.required)) return false;
    if (a.rest !== undefined && b.rest !== undefined && !this.bind(a.rest, b.rest)) return false;
    for (const [i, { local, fallback }] of a.optional.entries()) {
      const other = b.optional[i];
      if (other === undefined || !this.pair(fallback, other.fallback) || !this.bind(local, other.local))
        return false;
    }
    for (const [i, { name, local, fallback }] of a.keys.entries()) {
      const other = b.keys[i];
      if (other?.name !== name || (fallback === undefined) !== (other.fallback === undefined)) return false;
      if (fallback !== undefined && other.fallback !== undefined && !this.pair(fallback, other.fallback))
        return false;
      if (!this.bind(local, other.local)) return false;
    }
    return this.pair(a.body, b.body);
  }

  private constant(a: Const, b: Const): boolean {
    if (sameConstant(a.value, b.value)) return true;
    if (b.slot === undefined || b.value instanceof FoldedTemplate) return false;
    return this.override(a, b.value);
  }

  private override(a: Const, value: Value): boolean {
    const { slot } = a;
    if (slot === undefined || !this.slots.has(slot)) return false;
    // Core that stands in the code twice has one constant there.
    if (this.overrides.has(slot)) return sameConstant(this.overrides.get(slot) as Value, value);
    this.overrides.set(slot, value);
    return true;
  }

  private call(a: Call, b: Call): boolean {
    const [template, ...fillings] = a.args;
    const [nextTemplate, ...nextFillings] = b.args;
    if (isTemplateCall(a) && isTemplateCall(b) && isTemplate(template) && isTemplate(nextTemplate)) {
      return this.template(template, fillings, nextTemplate, nextFillings);
    }
    return a.named?.join() === b.named?.join() && this.pair(a.fn, b.fn) && this.all(a.args, b.args);
  }

  private template(
    a: Const & { value: FoldedTemplate },
    fillings: readonly Core[],
    b: Const & { value: FoldedTemplate },
    next: readonly Core[],
  ): boolean {
    const kept = new Map(this.overrides);
    if (this.all(fillings, next)) return sameTemplate(a.value, b.value) || this.override(a, b.value);
    this.overrides = kept;
    const places = this.places(fillings, next);
    if (places === undefined) return false;
    const slots = b.value.slots.map((slot, i) => ({ ...slot, arg: places[i] as number }));
    return this.override(a, new FoldedTemplate({ statics: b.value.statics, slots }));
  }

  /**
   * Which expression of the code gives the value of each new slot. What has an effect, or may fail, has to be
   * evaluated exactly once and in the same order as before; variables may be moved, dropped and doubled.
   */
  private places(fillings: readonly Core[], next: readonly Core[]): number[] | undefined {
    const places: number[] = [];
    let last = -1;
    const taken = new Set<number>();
    for (const filling of next) {
      const simple = isSimple(filling);
      const index = fillings.findIndex(
        (known, i) =>
          (simple ? isSimple(known) : i > last && !isSimple(known)) && this.attempt(known, filling),
      );
      if (index < 0) return undefined;
      if (!simple) {
        if (fillings.some((known, i) => i > last && i < index && !isSimple(known))) return undefined;
        last = index;
        taken.add(index);
      }
      places.push(index);
    }
    const whole = fillings.every((known, i) => isSimple(known) || taken.has(i));
    return whole ? places : undefined;
  }

  private attempt(a: Core, b: Core): boolean {
    const kept = new Map(this.overrides);
    if (this.pair(a, b)) return true;
    this.overrides = kept;
    return false;
  }
}

/** Evaluating it does nothing and cannot fail. */
function isSimple(core: Core): boolean {
  return core.op === "const" || (core.op === "local" && !core.local.assigned);
}

function isTemplateCall({ fn }: Call): boolean {
  return fn.op === "global" && fn.cell.module === "core" && fn.cell.name === "%template";
}

function isTemplate(core: Core | undefined): core is Const & { value: FoldedTemplate } {
  return core?.op === "const" && core.value instanceof FoldedTemplate;
}

function sameTemplate(a: Template, b: Template): boolean {
  return a === b || JSON.stringify([a.statics, a.slots]) === JSON.stringify([b.statics, b.slots]);
}

/** Whether a program could not tell the two constants apart. */
export function sameConstant(a: Value, b: Value): boolean {
  if (Object.is(a, b)) return true;
  if (a instanceof FoldedTemplate || b instanceof FoldedTemplate) {
    return a instanceof FoldedTemplate && b instanceof FoldedTemplate && sameTemplate(a, b);
  }
  if (typeof a !== "object" || typeof b !== "object" || a instanceof Cell || b instanceof Cell) return false;
  return equal(a, b) && inspect(a) === inspect(b);
}
