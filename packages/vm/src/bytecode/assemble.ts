/** Writes instructions: labels, and the one place that turns names and operands into int32s. */
import { op, opcodes } from "./opcodes.ts";

/** A place in the code that jumps can name before it is known. */
export interface Label {
  at: number;
}

export class Assembler {
  private readonly code: number[] = [];
  private readonly fixups: { at: number; label: Label }[] = [];
  private readonly positions: number[] = [];

  /** Index of the next instruction. */
  get pc(): number {
    return this.code.length;
  }

  label(): Label {
    return { at: -1 };
  }

  /** Places a label at the next instruction. */
  mark(label: Label): void {
    label.at = this.code.length;
  }

  /** @throws RangeError when the operands are not as many as the table says. */
  emit(name: string, ...operands: (number | Label)[]): void {
    const number = op(name);
    if (opcodes[number]?.operands.length !== operands.length) {
      throw new RangeError(
        `${name} takes ${opcodes[number]?.operands.length} operands, got ${operands.length}`,
      );
    }
    this.code.push(number);
    for (const operand of operands) {
      if (typeof operand === "number") this.code.push(operand);
      else {
        this.fixups.push({ at: this.code.length, label: operand });
        this.code.push(-1);
      }
    }
  }

  /** Says which text the next instructions come from. */
  position(start: number, end: number): void {
    const { positions } = this;
    const last = positions.length - 3;
    if (last >= 0 && positions[last + 1] === start && positions[last + 2] === end) return;
    if (last >= 0 && positions[last] === this.code.length) positions.length = last;
    positions.push(this.code.length, start, end);
  }

  /** @throws RangeError for a label that was used and never placed. */
  finish(): { code: Int32Array; positions: Int32Array } {
    for (const { at, label } of this.fixups) {
      if (label.at < 0) throw new RangeError("a jump to a label that was never placed");
      this.code[at] = label.at;
    }
    return { code: Int32Array.from(this.code), positions: Int32Array.from(this.positions) };
  }
}
