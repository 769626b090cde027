/**
 * Running top-level code again after an edit: what the edit reaches, alone where that is sure to be enough, else all of
 * it, in order, over the code that there is.
 */
import { isPromise } from "@sorbus/io-resolver";
import type { Cell, Value } from "@sorbus/vm";
import type { MaybePromise } from "sorbus";
import type { DroppedState } from "../record.ts";
import type { Journal } from "./journal.ts";
import type { Definition } from "./model.ts";
import type { Breath, Program } from "./program.ts";
import { isRepeatable } from "./repeatable.ts";
import { migrate } from "./state.ts";

/** Definitions that use, however indirectly, what has changed, and are not functions themselves. */
export function reachedBy(program: Program, changed: ReadonlySet<Cell>): Set<Definition> {
  const reached = new Set<Definition>();
  const seen = new Set<Cell>(changed);
  const todo = [...seen];
  for (let cell = todo.pop(); cell !== undefined; cell = todo.pop()) {
    for (const user of program.users.get(cell) ?? []) {
      if (user.kind === "once" || user.kind === "record") continue;
      if (user.kind !== "function") reached.add(user);
      for (const next of user.cells) {
        if (seen.has(next)) continue;
        seen.add(next);
        todo.push(next);
      }
    }
  }
  return reached;
}

export interface Rerun {
  readonly program: Program;
  readonly signal: AbortSignal;
  readonly journal: Journal;
  readonly breath: Breath;
  /** Cells whose value is or behaves otherwise than before. */
  readonly changed: ReadonlySet<Cell>;
  /** Definitions whose own code or constants changed. */
  readonly toRun: ReadonlySet<Definition>;
  /** Forms came, went or moved: what runs in which order may be another. */
  readonly rearranged: boolean;
}

/** Runs what has to be run. @returns state that could not be kept */
export async function rerun(parts: Rerun): Promise<DroppedState[]> {
  const { program, journal, breath, toRun } = parts;
  const reached = reachedBy(program, parts.changed);
  for (const definition of toRun) reached.add(definition);
  for (const definition of reached) if (definition.kind === "macro") reached.delete(definition);
  const dropped: DroppedState[] = [];
  if (reached.size === 0) return dropped;
  const again = (definition: Definition): MaybePromise<void> =>
    runAgain(definition, toRun.has(definition), parts, dropped);
  const definer = (cell: Cell): Definition | undefined => program.definers.get(cell);
  if (!parts.rearranged && [...reached].every((definition) => isRepeatable(definition, definer))) {
    for (const definition of inOrder(reached)) {
      for (const cell of definition.cells) journal.set(cell, cell.value);
      await again(definition);
      await breath.take();
    }
    return dropped;
  }
  const all = [...program.definitions()];
  const kept = new Map<Cell, Value | undefined>();
  for (const { kind, cells } of all) {
    for (const cell of cells) {
      if (kind === "once" || kind === "record") kept.set(cell, cell.value);
      journal.set(cell, undefined);
    }
  }
  for (const definition of all) {
    for (const cell of definition.cells) if (kept.has(cell)) cell.value = kept.get(cell);
    const running = again(definition);
    if (isPromise(running)) await running;
    if (definition.kind !== "function") await breath.take();
  }
  return dropped;
}

function runAgain(
  definition: Definition,
  isNew: boolean,
  { program, signal, journal }: Rerun,
  dropped: DroppedState[],
): MaybePromise<void> {
  switch (definition.kind) {
    case "once":
      if (!isNew) return;
      // Kept if it starts from the same shape, migrated, or dropped.
      return migrate(program, definition, signal, (undo) => journal.note(undo)).then((lost) => {
        if (lost !== undefined) dropped.push(lost);
      });
    case "record":
      return isNew || definition.cells.some((cell) => cell.value === undefined)
        ? program.run(definition, signal)
        : undefined;
    default:
      return program.run(definition, signal);
  }
}

/** Definitions in an order in which each comes after those that it mentions, as far as there is one. */
function inOrder(definitions: ReadonlySet<Definition>): Definition[] {
  const byCell = new Map<Cell, Definition>();
  for (const definition of definitions) for (const cell of definition.cells) byCell.set(cell, definition);
  const done = new Set<Definition>();
  const ordered: Definition[] = [];
  const visit = (definition: Definition): void => {
    if (done.has(definition)) return;
    done.add(definition);
    for (const cell of definition.refs) {
      const other = byCell.get(cell);
      if (other !== undefined) visit(other);
    }
    ordered.push(definition);
  };
  for (const definition of definitions) visit(definition);
  return ordered;
}
