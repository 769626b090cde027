import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type LogEntry, type OpDeclaration, OpError, Resolver, record, replay } from "../src/index.ts";

/** What one fiber does: for each number, asks at once for a count, then waits that many turns. */
type Plan = readonly number[];

/** Runs fibers beside each other and says what each was told, in the order in which it was told. */
async function program(resolver: Resolver, plans: readonly Plan[]): Promise<string[]> {
  const trace: string[] = [];
  const ask = (op: string, ...args: unknown[]): unknown => resolver.resolve({ op, args });
  const fiber = async (plan: Plan, name: number): Promise<void> => {
    for (const turns of plan) {
      const n = ask("count");
      try {
        trace.push(`${name} ${n} ${await ask("wait", turns)}`);
      } catch (error) {
        trace.push(`${name} ${n} ${(error as OpError).kind}`);
      }
    }
  };
  await Promise.all(plans.map(fiber));
  return trace;
}

/** Ops whose answers differ from run to run. */
function live(): OpDeclaration[] {
  let count = 0;
  return [
    { name: "count", params: "", purity: "write", handler: () => count++ },
    {
      name: "wait",
      params: "turns",
      purity: "read",
      handler: async ([turns]) => {
        for (let left = Number(turns); left > 0; left--) await new Promise(setImmediate);
        if (turns === 3) throw new OpError("mail", "no such box", ["b"]);
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
    const plans = fc.array(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 5 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(plans, async (fibers) => {
        const log: LogEntry[] = [];
        const ops = live();
        const first = await program(
          new Resolver(ops, { recorder: record((entry) => log.push(entry)) }),
          fibers,
        );
        const stored = JSON.parse(JSON.stringify(log)) as LogEntry[];
        const again = await program(new Resolver(ops.map(dead), { recorder: replay(stored) }), fibers);
        expect(again).toEqual(first);
      }),
    );
  });

  test("a program that asks for something else is told where it diverged", () => {
    const log: LogEntry[] = [
      { type: "request", id: 0, op: "count", args: [] },
      { type: "answer", id: 0, inline: true, value: 7 },
    ];
    const resolver = new Resolver(live(), { recorder: replay(log) });
    expect(() => resolver.resolve({ op: "wait", args: [1] })).toThrow(
      "The replay has diverged: the log has (:count), the program asks (:wait 1)",
    );
    expect(resolver.resolve({ op: "count", args: [] })).toBe(7);
    expect(() => resolver.resolve({ op: "count", args: [] })).toThrow("diverged");
  });
});
