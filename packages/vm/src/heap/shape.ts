/**
 * Shapes: which key of a small dict is at which place. Dicts that got the same keys in the same order
 * have the same Shape, so that compiled code can compare one reference and then knows every place.
 */

/** The most keys of a dict with a shape. */
export const MAX_SMALL = 16;
/** Up to so many keys, looking at each beats a Map. */
const SCAN = 6;
/** Shapes that are shared and never forgotten; beyond, each dict has its own. */
const MAX_SHARED = 4096;
let shared = 0;

export class Shape {
  readonly keys: readonly string[];
  #index: Map<string, number> | undefined;
  #next: Map<string, Shape> | undefined;
  readonly #isShared: boolean;

  constructor(keys: readonly string[], isShared: boolean) {
    this.keys = keys;
    this.#index = undefined;
    this.#next = undefined;
    this.#isShared = isShared;
  }

  /** The place of the key, or -1. */
  indexOf(key: string): number {
    const { keys } = this;
    if (keys.length <= SCAN) {
      for (let i = 0; i < keys.length; i++) if (keys[i] === key) return i;
      return -1;
    }
    this.#index ??= new Map(keys.map((k, i) => [k, i]));
    return this.#index.get(key) ?? -1;
  }

  /** The shape with one more key, which is not in this one. */
  add(key: string): Shape {
    const known = this.#next?.get(key);
    if (known !== undefined) return known;
    const keep = this.#isShared && shared < MAX_SHARED;
    const made = new Shape([...this.keys, key], keep);
    if (keep) {
      shared++;
      this.#next ??= new Map();
      this.#next.set(key, made);
    }
    return made;
  }

  /** The shape without the key at that place. */
  without(at: number): Shape {
    let made = EMPTY_SHAPE;
    this.keys.forEach((key, i) => {
      if (i !== at) made = made.add(key);
    });
    return made;
  }
}

export const EMPTY_SHAPE: Shape = new Shape([], true);
