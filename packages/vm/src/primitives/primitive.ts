/** How a primitive is declared: once, with all that the machine, the tools and the docs need. */
import type { Value } from "../heap/value.ts";

/**
 * - `pure`: the result depends on the arguments only; may be folded at compile time
 * - `allocates`: like pure, but each call gives a new identity (vectors, hash tables)
 * - `reads`: looks at mutable state
 * - `writes`: changes mutable state
 */
export type Purity = "pure" | "allocates" | "reads" | "writes";

/** A function of the language that is written in TypeScript. It never calls an SX function. */
export class Primitive {
  readonly name: string;
  /** As shown in the reference and in arity errors: `"xs i &optional default"`. */
  readonly params: string;
  readonly min: number;
  /** `Infinity` with `&rest`. */
  readonly max: number;
  readonly purity: Purity;
  readonly doc: string;
  readonly fn: (...args: Value[]) => Value;
  constructor(
    name: string,
    params: string,
    purity: Purity,
    doc: string,
    fn: (...args: Value[]) => Value,
    arity: { min: number; max: number },
  ) {
    this.name = name;
    this.params = params;
    this.min = arity.min;
    this.max = arity.max;
    this.purity = purity;
    this.doc = doc;
    this.fn = fn;
  }
}
