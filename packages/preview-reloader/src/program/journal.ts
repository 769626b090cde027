/** What a reload has done, step by step, to be taken back if it fails. */
import type { Cell, Value } from "@sorbus/vm";

export class Journal {
  private readonly steps: (() => void)[] = [];

  /** @param step takes back what is about to be done, or has just been done */
  note(step: () => void): void {
    this.steps.push(step);
  }

  /** Gives a cell another value. */
  set(cell: Cell, value: Value | undefined): void {
    const before = cell.value;
    this.steps.push(() => {
      cell.value = before;
    });
    cell.value = value;
  }

  /** Takes everything back, last first. */
  undo(): void {
    for (const step of this.steps.splice(0).reverse()) step();
  }
}
