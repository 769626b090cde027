/** Control flow: blocks, dominators, loops; what is no nest of loops is seen to be none. */
import { Assembler, Code } from "@sorbus/vm";
import { expect, test } from "vitest";
import { flowOf, loopOf } from "../src/flow.ts";

function codeOf(write: (a: Assembler) => void): Code {
  const assembler = new Assembler();
  write(assembler);
  return new Code({
    name: "f",
    kind: "function",
    required: 1,
    optional: 0,
    rest: false,
    keys: [],
    registers: 4,
    ...assembler.finish(),
    constants: [],
    hidden: false,
    locate: () => {
      throw new RangeError("no text");
    },
  });
}
const none = (): boolean => false;

test("a branch meets behind itself", () => {
  const code = codeOf((a) => {
    const otherwise = a.label();
    const end = a.label();
    a.emit("JFALSE", 0, otherwise);
    a.emit("MOVE", 1, 0);
    a.emit("JUMP", end);
    a.mark(otherwise);
    a.emit("MOVE", 1, 2);
    a.mark(end);
    a.emit("RETURN", 1);
  });
  const { blocks, reducible } = flowOf(code, 0, none);
  expect(reducible).toBe(true);
  expect(blocks.map((b) => b.successors.length)).toEqual([2, 1, 1, 0]);
  expect(blocks.filter((b) => b.merge).map((b) => b.start)).toEqual([blocks.at(-1)?.start]);
  expect(blocks.at(-1)?.dominator).toBe(0);
});

test("a loop has one head, which dominates what goes round", () => {
  const code = codeOf((a) => {
    const head = a.label();
    const end = a.label();
    a.mark(head);
    a.emit("JNGTI", 0, 0, end);
    a.emit("SUBI", 0, 0, 1);
    a.emit("LOOP", head);
    a.mark(end);
    a.emit("RETURN", 0);
  });
  const flow = flowOf(code, 0, none);
  const [head] = flow.blocks.filter((b) => b.header);
  expect(flow.reducible).toBe(true);
  expect(head?.start).toBe(0);
  expect(loopOf(flow, head?.index ?? -1).size).toBe(2);
});

test("a flow may begin in the middle of two loops: the inner head comes first, and all go round by it", () => {
  const code = codeOf((a) => {
    const outer = a.label();
    const inner = a.label();
    const around = a.label();
    const latch = a.label();
    a.mark(outer);
    a.emit("JFALSE", 0, around);
    a.mark(inner);
    a.emit("JFALSE", 1, latch);
    a.emit("LOOP", inner);
    a.mark(around);
    a.emit("JFALSE", 2, latch);
    a.emit("RETURN", 0);
    a.mark(latch);
    a.emit("LOOP", outer);
  });
  expect(flowOf(code, 0, none).blocks[0]?.start).toBe(0);
  const middle = flowOf(code, 3, none);
  expect(middle.blocks[0]).toMatchObject({ start: 3, header: true });
  expect(middle.blocks.map((b) => b.start)).toContain(0);
});
