/**
 * The frame of a function that is being compiled: its registers, its constants, and where its variables
 * are. What is done with them is `function.ts`.
 */
import { Assembler, type Cell, type Code, type Locate } from "@sorbus/vm";
import type { Core, Local } from "../core.ts";
import { mayCapture } from "./analysis.ts";

/** Where a variable is. */
export interface Place {
  readonly kind: "register" | "captured";
  readonly index: number;
  /** It holds a box, because it is assigned while others may see it. */
  readonly boxed: boolean;
  /** It may be read before its initialisation. */
  readonly checked: boolean;
}

/** What the functions of a unit share. */
export interface UnitContext {
  readonly functions: Code[];
  readonly hidden: boolean;
  /** See `GenerateOptions`. */
  readonly keepsTop: boolean;
  readonly locate: Locate;
  /** The origin that spans of this unit are relative to. */
  readonly origin: object;
  /** The cell that the unit defines: defined whenever its function runs. */
  readonly defining: Cell | undefined;
  /** Where live constants ended up: slot → function and constant index. */
  readonly slots: Map<string, { readonly fn: number; readonly constant: number }>;
  /** Live constants that stand in several functions: nobody may replace them. */
  readonly spread: Set<string>;
}

/** Twice the constants of a function among which one is looked for one by one. Most functions have fewer. */
const FEW = 24;

export class Frame {
  protected readonly unit: UnitContext;
  private readonly parent: Frame | undefined;
  protected readonly asm: Assembler = new Assembler();
  protected readonly constants: unknown[] = [];
  /** Constants that may be used again and their indices, in turn: few enough to be gone through. */
  private readonly known: unknown[] = [];
  /** The rest of them, once there are many. */
  private more: Map<unknown, number> | undefined;
  protected readonly places: Map<Local, Place> = new Map();
  /** Where the values come from that a closure of this function captures: see `ClosureSpec`. */
  readonly captures: number[] = [];
  /** The variables of `captures`. */
  readonly capturedLocals: Local[] = [];
  protected height = 0;
  protected registers = 0;

  constructor(unit: UnitContext, parent: Frame | undefined) {
    this.unit = unit;
    this.parent = parent;
  }

  // ---- registers and constants ---------------------------------------------------------------

  protected allocate(n = 1): number {
    const first = this.height;
    this.height += n;
    if (this.height > this.registers) this.registers = this.height;
    return first;
  }

  /** Runs `body` and gives back the registers that it took. */
  protected scoped<T>(body: () => T): T {
    const before = this.height;
    const result = body();
    this.height = before;
    return result;
  }

  protected constant(value: unknown): number {
    const { known } = this;
    for (let i = 0; i < known.length; i += 2) {
      if (Object.is(known[i], value)) return known[i + 1] as number;
    }
    // -0 and 0 are one key of a Map, but two constants.
    const shared = Object.is(value, -0) ? undefined : this.more?.get(value);
    if (shared !== undefined) return shared;
    const index = this.constants.push(value) - 1;
    if (known.length < FEW) known.push(value, index);
    else if (!Object.is(value, -0)) (this.more ??= new Map()).set(value, index);
    return index;
  }

  protected at(core: Core): void {
    const { form } = core;
    if (form.origin === this.unit.origin) this.asm.position(form.start, form.end);
  }

  // ---- variables -----------------------------------------------------------------------------

  /** Makes `local` mean `register`, which holds its value; boxes it where needed. */
  protected bind(local: Local, register: number, scope: readonly Core[]): void {
    const boxed = local.assigned && (local.captured || scope.some(mayCapture));
    if (boxed) this.asm.emit("BOX", register);
    this.places.set(local, { kind: "register", index: register, boxed, checked: false });
  }

  protected place(local: Local): Place {
    const known = this.places.get(local);
    if (known !== undefined) return known;
    if (this.parent === undefined) throw new RangeError(`no place for the variable ${local.name}`);
    const outer = this.parent.place(local);
    const index = this.captures.push(outer.kind === "register" ? outer.index : ~outer.index) - 1;
    this.capturedLocals.push(local);
    const place: Place = { kind: "captured", index, boxed: outer.boxed, checked: outer.checked };
    this.places.set(local, place);
    return place;
  }

  protected read(local: Local, to: number): void {
    const { kind, index, boxed, checked } = this.place(local);
    if (kind === "captured") this.asm.emit(boxed ? "UPBOXGET" : "UPVAL", to, index);
    else if (boxed) this.asm.emit("BOXGET", to, index);
    else if (to !== index) this.asm.emit("MOVE", to, index);
    if (checked) this.asm.emit("CHECKSET", to, this.constant(local.name));
  }

  protected write(local: Local, from: number): void {
    const { kind, index, boxed } = this.place(local);
    if (kind === "captured") this.asm.emit("UPBOXSET", index, from);
    else if (boxed) this.asm.emit("BOXSET", index, from);
    else if (from !== index) this.asm.emit("MOVE", index, from);
  }
}
