/** Units: what a top-level form expands to, with its hashes and its live constants. */
import type { Form } from "@sorbus/reader";
import type { Value } from "@sorbus/vm";
import type { Core, LiveTemplate, Unit, UnitPreview } from "./core.ts";
import type { Expansion } from "./expansion.ts";
import { coreHash, Hasher } from "./hash.ts";
import type { Live } from "./live.ts";

class ExpandedUnit implements Unit {
  readonly id: string;
  readonly core: Core;
  readonly form: Form;
  readonly slots: ReadonlyMap<string, Value>;
  readonly templates?: ReadonlyMap<string, LiveTemplate>;
  readonly macros: readonly string[];
  readonly preview?: UnitPreview;
  private readonly interfaceText: string;
  private content: string | undefined;

  constructor(x: Expansion, id: string, core: Core, form: Form, interfaceText: string) {
    const live = x.live === undefined ? none : x.live.place(form);
    this.macros = x.cache.macros === undefined ? noMacros : [...x.cache.macros].sort();
    if (x.preview !== undefined) {
      const { name, traits } = x.preview;
      this.preview = { name, form, ...(traits !== undefined && { traits }) };
    }
    this.id = id;
    this.core = core;
    this.form = form;
    this.slots = live.slots;
    if (live.templates !== undefined) this.templates = live.templates;
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

const noMacros: readonly string[] = [];
const none: Live = { slots: new Map(), templates: undefined };

/** A unit of `core`. `interfaceText` says what users of the definition depend on. */
export function makeUnit(x: Expansion, id: string, form: Form, core: Core, interfaceText: string): Unit {
  return new ExpandedUnit(x, id, core, form, interfaceText);
}
