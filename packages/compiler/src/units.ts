/** Units: what a top-level form expands to, with its hashes and its live constants. */
import type { Form } from "@sorbus/reader";
import type { Value } from "@sorbus/vm";
import type { Core, Unit } from "./core.ts";
import type { Expansion } from "./expansion.ts";
import { coreHash, Hasher } from "./hash.ts";

class ExpandedUnit implements Unit {
  readonly id: string;
  readonly core: Core;
  readonly form: Form;
  readonly slots: ReadonlyMap<string, Value>;
  private readonly interfaceText: string;
  private content: string | undefined;

  constructor(id: string, core: Core, form: Form, slots: ReadonlyMap<string, Value>, interfaceText: string) {
    this.id = id;
    this.core = core;
    this.form = form;
    this.slots = slots;
    this.interfaceText = interfaceText;
  }

  // Computed when asked for: a program that only runs needs neither.

  get contentHash(): string {
    this.content ??= coreHash(this.core);
    return this.content;
  }

  get interfaceHash(): string {
    const hasher = new Hasher();
    hasher.string(this.interfaceText);
    return hasher.digest();
  }
}

const noSlots: ReadonlyMap<string, Value> = new Map();

/** A unit of `core`. `interfaceText` says what users of the definition depend on. */
export function makeUnit(x: Expansion, id: string, form: Form, core: Core, interfaceText: string): Unit {
  const slots = x.literals.length === 0 ? noSlots : liveSlots(x, form);
  return new ExpandedUnit(id, core, form, slots, interfaceText);
}

/** Gives each live literal the path of its form in the definition: child indexes joined by dots. */
function liveSlots(x: Expansion, form: Form): ReadonlyMap<string, Value> {
  const wanted = new Map(x.literals.filter((node) => !x.identities.has(node)).map((node) => [node.form, node]));
  const slots = new Map<string, Value>();
  const walk = (at: Form, path: string): void => {
    if (at.type === "list" || at.type === "dict") {
      // What a macro has seen may have become anything.
      if (x.consumed.has(at)) return;
      at.items.forEach((item, i) => {
        walk(item, path === "" ? `${i}` : `${path}.${i}`);
      });
      return;
    }
    const node = wanted.get(at);
    if (node === undefined) return;
    (node as { slot?: string }).slot = path;
    slots.set(path, node.value);
  };
  walk(form, "");
  return slots;
}
