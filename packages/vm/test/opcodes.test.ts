/** The instruction set is declared once; what cannot derive from the table is compared with it here. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { opcodes } from "../src/bytecode/opcodes.ts";

const dispatch = readFileSync(new URL("../src/machine/dispatch.ts", import.meta.url), "utf8");

test("the dispatch loop has a case for every opcode, under its number", () => {
  const cases = [...dispatch.matchAll(/^ {10}case (\d+): *\{?\s*\/\/ (\w+)$/gm)].map(([, number, name]) => [
    Number(number),
    name,
  ]);
  expect(cases.toSorted((a, b) => Number(a[0]) - Number(b[0]))).toEqual(
    opcodes.map(({ code, name }) => [code, name]),
  );
});

test("each case steps over as many operands as the table says", () => {
  const bodies = dispatch.split(/^ {10}case /m).slice(1);
  for (const body of bodies) {
    const name = /^\d+: *\{?\s*\/\/ (\w+)$/m.exec(body)?.[1];
    const opcode = opcodes.find((o) => o.name === name);
    if (opcode === undefined || opcode.terminates) continue;
    const steps = [...body.matchAll(/pc(?: \+=|[^=\n]*\?.*?pc \+| \+) (\d+)/g)].map(([, n]) => Number(n));
    expect(steps, name).toContain(opcode.length);
  }
});

test("the last operand of a call that comes back is where its result goes", () => {
  for (const { name, operands, calls, terminates } of opcodes) {
    if (calls && !terminates) expect([name, operands.at(-1)?.kind]).toEqual([name, "def"]);
  }
});
