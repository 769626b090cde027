import { describe, expect, test } from "vitest";
import { type LogEntry, type OpDeclaration, OpError, Resolver, record, replay } from "../src/index.ts";

/** A program of three fibers whose interleaving depends on when answers come. */
async function program(resolver: Resolver): Promise<string[]> {
  const trace: string[] = [];
  const ask = (op: string, ...args: unknown[]): unknown => resolver.resolve({ op, args });
  const fiber = async (name: string, turns: number): Promise<void> => {
    for (let i = 0; i < turns; i++) {
      const n = ask("count");
      try {
        trace.push(`${name}${i} ${n} ${await ask("wait", name, i)}`);
      } catch (error) {
        trace.push(`${name}${i} ${n} ${(error as OpError).kind}`);
      }
    }
  };
  await Promise.all([fiber("a", 3), fiber("b", 4), fiber("c", 2)]);
  return trace;
}

function live(): OpDeclaration[] {
  let count = 0;
  return [
    { name: "count", params: "", purity: "write", handler: () => count++ },
    {
      name: "wait",
      params: "name i",
      purity: "read",
      handler: async ([name, i]) => {
        for (let left = (String(name).charCodeAt(0) * 7 + Number(i) * 5) % 11; left > 0; left--)
          await new Promise(setImmediate);
        if (name === "b" && i === 1) throw new OpError("mail", "no such box", ["b"]);
        return Math.random();
      },
    },
  ];
}

const dead = (op: OpDeclaration): OpDeclaration => ({
  ...op,
  handler: () => {
    throw new Error("a replay called a handler");
  },
});

describe("replay", () => {
  test("tells a concurrent program the same in the same order, without handlers", async () => {
    const log: LogEntry[] = [];
    const ops = live();
    const first = await program(new Resolver(ops, { recorder: record((entry) => log.push(entry)) }));
    const stored = JSON.parse(JSON.stringify(log)) as LogEntry[];
    const again = await program(new Resolver(ops.map(dead), { recorder: replay(stored) }));
    expect(again).toEqual(first);
    expect(first.some((line) => line.endsWith(" mail"))).toBe(true);
  });

  test("a program that asks for something else is told where it diverged", () => {
    const log: LogEntry[] = [
      { type: "request", id: 0, op: "count", args: [] },
      { type: "answer", id: 0, inline: true, value: 7 },
    ];
    const resolver = new Resolver(live(), { recorder: replay(log) });
    expect(() => resolver.resolve({ op: "wait", args: ["x", 1] })).toThrow(
      'The replay has diverged: the log has (:count), the program asks (:wait "x" 1)',
    );
    expect(resolver.resolve({ op: "count", args: [] })).toBe(7);
    expect(() => resolver.resolve({ op: "count", args: [] })).toThrow("diverged");
  });
});
