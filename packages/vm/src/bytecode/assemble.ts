/** Writes instructions: labels, and the one place that turns names and operands into int32s. */
import { type Opcode, opcodes } from "./opcodes.ts";

/** A place in the code that jumps can name before it is known. */
export interface Label {
  at: number;
}

const byName: ReadonlyMap<string, Opcode> = new Map(opcodes.map((opcode) => [opcode.name, opcode]));

export class Assembler {
  private readonly code: number[] = [];
  /** Where labels are used, and which: in turn. */
  private readonly fixups: (number | Label)[] = [];
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

  /**
   * Loops by index here and below: much code is assembled once, before anything has been optimised.
   * @throws RangeError for a name that is not in the table, and when the operands are not as many as it says.
   */
  emit(name: string, ...operands: (number | Label)[]): void {
    const opcode = byName.get(name);
    if (opcode === undefined) throw new RangeError(`no opcode named ${name}`);
    const count = operands.length;
    if (opcode.operands.length !== count) {
      throw new RangeError(`${name} takes ${opcode.operands.length} operands, got ${count}`);
    }
    const { code } = this;
    code.push(opcode.code);
    for (let i = 0; i < count; i += 1) {
      const operand = operands[i] as number | Label;
      if (typeof operand === "number") code.push(operand);
      else {
        this.fixups.push(code.length, operand);
        code.push(-1);
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
    const { fixups } = this;
    for (let i = 0; i < fixups.length; i += 2) {
      const { at } = fixups[i + 1] as Label;
      if (at < 0) throw new RangeError("a jump to a label that was never placed");
      this.code[fixups[i] as number] = at;
    }
    return { code: new Int32Array(this.code), positions: new Int32Array(this.positions) };
  }
}
