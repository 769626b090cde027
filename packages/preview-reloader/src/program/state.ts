/** The state of a program: once-only values and what components remember; kept, migrated, saved and restored. */
import { isPromise } from "@sorbus/io-resolver";
import { type Cell, Raise, type Value } from "@sorbus/vm";
import type { MaybePromise } from "sorbus";
import type { DroppedState } from "../record.ts";
import type { SavedState, SavedValue } from "../session-types.ts";
import type { Definition } from "./model.ts";
import type { Program } from "./program.ts";
import { shapeOf } from "./shape.ts";

const HOOK = "on-reload ";

/** The cell of a once-only value; its hook, if it has one, has a cell of its own. */
function valueCell(definition: Definition): Cell | undefined {
  return definition.cells.find((cell) => !cell.name.startsWith(HOOK));
}

function hookOf(definition: Definition): Value | undefined {
  return definition.cells.find((cell) => cell.name.startsWith(HOOK))?.value;
}

export function stateName(cell: Cell): string {
  return `${cell.module}/${cell.name}`;
}

/** Names of all that is kept now. */
export function stateNames(program: Program): string[] {
  return [...Array.from(program.shapes.keys(), stateName), ...program.resolver.state.values.keys()];
}

/**
 * Runs a once-only definition that has been compiled anew: its old value stays if the new one starts from the same
 * shape, else its hook is given the old value and shape, else the old value is dropped.
 */
export async function migrate(
  program: Program,
  definition: Definition,
  signal: AbortSignal | undefined,
  onUndo: (undo: () => void) => void,
): Promise<DroppedState | undefined> {
  const cell = valueCell(definition);
  if (cell === undefined) return undefined;
  const old = cell.value;
  const oldShape = program.shapes.get(cell);
  onUndo(() => {
    cell.value = old;
    if (oldShape === undefined) program.shapes.delete(cell);
    else program.shapes.set(cell, oldShape);
  });
  cell.value = undefined;
  await program.run(definition, signal);
  if (cell.value === undefined) return undefined;
  return settle(program, definition, cell, shapeOf(cell.value), old, oldShape, signal);
}

/** Decides between a value that was kept and the one that the cell has, which starts from `shape`. */
async function settle(
  program: Program,
  definition: Definition,
  cell: Cell,
  shape: string,
  old: Value | undefined,
  oldShape: string | undefined,
  signal?: AbortSignal,
): Promise<DroppedState | undefined> {
  program.shapes.set(cell, shape);
  if (old === undefined || oldShape === undefined) return undefined;
  if (shape === oldShape) {
    cell.value = old;
    return undefined;
  }
  const hook = hookOf(definition);
  if (hook === undefined)
    return { name: stateName(cell), why: `it starts as ${shape} now, and was ${oldShape}` };
  try {
    cell.value = await program.call(hook, [old, oldShape], signal);
    return undefined;
  } catch (error) {
    if (!(error instanceof Raise)) throw error;
    return { name: stateName(cell), why: `its :on-reload failed: ${error.message}` };
  }
}

/** The state, frozen. What cannot be frozen is left out and named. */
export function saveState(program: Program): {
  readonly state: SavedState;
  readonly dropped: readonly DroppedState[];
} {
  const values: SavedValue[] = [];
  const dropped: DroppedState[] = [];
  const { engine } = program.runtime;
  const save = (kind: SavedValue["kind"], name: string, shape: string, value: Value): void => {
    try {
      const frozen = engine.freezeValues([value], { globals: "reference" });
      const bytes = Buffer.from(frozen).toString("base64");
      values.push({ kind, name, shape, bytes });
    } catch (error) {
      if (!(error instanceof Raise) && !(error instanceof RangeError)) throw error;
      dropped.push({ name, why: error.message });
    }
  };
  const once = Array.from(program.shapes, ([cell, shape]) => ({ cell, shape, value: cell.value }));
  // What a global holds is written as its name: these are to be written themselves.
  for (const { cell } of once) cell.value = undefined;
  try {
    for (const { cell, shape, value } of once) {
      if (value !== undefined) save("once", stateName(cell), shape, value);
    }
    for (const [name, { shape, value }] of program.resolver.state.values)
      save("component", name, shape, value);
  } finally {
    for (const { cell, value } of once) cell.value = value;
  }
  return { state: { format: "sorbus-preview-state-1", values }, dropped };
}

/** State that a program being loaded takes over as its definitions come up. */
export class Inheritance {
  readonly kept: string[] = [];
  readonly dropped: DroppedState[] = [];
  private readonly once: Map<string, SavedValue> = new Map();
  private readonly components: readonly SavedValue[];

  constructor(state: SavedState | undefined) {
    for (const value of state?.values ?? []) if (value.kind === "once") this.once.set(value.name, value);
    this.components = state?.values.filter((value) => value.kind === "component") ?? [];
  }

  /** For `ProgramOptions.restore`: runs the definition, then gives it what was saved for it. */
  restore(program: Program, definition: Definition, run: () => MaybePromise<void>): MaybePromise<void> {
    const ran = run();
    const cell = valueCell(definition);
    const saved = cell === undefined ? undefined : this.once.get(stateName(cell));
    if (cell === undefined || saved === undefined) return ran;
    this.once.delete(saved.name);
    const take = (): Promise<void> => this.take(program, definition, cell, saved);
    return isPromise(ran) ? (ran as Promise<void>).then(take) : take();
  }

  private async take(program: Program, definition: Definition, cell: Cell, saved: SavedValue): Promise<void> {
    const old = this.thaw(program, saved);
    const shape = program.shapes.get(cell);
    if (old === undefined || shape === undefined) return;
    const dropped = await settle(program, definition, cell, shape, old, saved.shape);
    if (dropped === undefined) this.kept.push(saved.name);
    else this.dropped.push(dropped);
  }

  private thaw(program: Program, saved: SavedValue): Value | undefined {
    const { engine } = program.runtime;
    try {
      return engine.thawValues(Buffer.from(saved.bytes, "base64"))[0];
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.dropped.push({ name: saved.name, why: `it cannot be read: ${why}` });
      return undefined;
    }
  }

  /** When the program has loaded: components get theirs, and what nothing has asked for is gone. */
  finish(program: Program): void {
    for (const saved of this.components) {
      const value = this.thaw(program, saved);
      if (value === undefined) continue;
      program.resolver.state.values.set(saved.name, { value, shape: saved.shape });
      this.kept.push(saved.name);
    }
    for (const { name } of this.once.values())
      this.dropped.push({ name, why: "nothing of that name is defined" });
    this.once.clear();
  }
}

/** Gives saved state to a program that runs. */
export async function restoreState(
  program: Program,
  state: SavedState,
): Promise<{ readonly kept: readonly string[]; readonly dropped: readonly DroppedState[] }> {
  const inheritance = new Inheritance(state);
  for (const definition of program.definitions()) {
    if (definition.kind !== "once") continue;
    await inheritance.restore(program, definition, () => {});
  }
  inheritance.finish(program);
  return { kept: inheritance.kept, dropped: inheritance.dropped };
}
