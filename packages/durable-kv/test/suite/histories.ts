/**
 * Linearizability: what concurrent clients of one store see can be put into one order, in which each operation happens between its
 * start and its end. Registers are checked one by one, by the search of Wing and Gong.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Store, Versionstamp } from "../../src/index.ts";
import type { Backend } from "./backend.ts";

interface Operation {
  readonly register: number;
  readonly start: number;
  readonly end: number;
  readonly type: "read" | "write" | "cas" | "add";
  readonly argument: number;
  /** What was read; for `cas`, what it expected, and whether it held. */
  readonly seen: number | null;
  readonly held: boolean;
}

/** Whether the operations on one register have an order that explains what they saw. */
export function linearizable(operations: readonly Operation[]): boolean {
  const done = new Set<string>();
  const search = (left: readonly Operation[], value: number | null): boolean => {
    if (left.length === 0) return true;
    const state = `${left.map((op) => operations.indexOf(op)).join()}=${value}`;
    if (done.has(state)) return false;
    done.add(state);
    const firstEnd = Math.min(...left.map(({ end }) => end));
    return left.some((op) => {
      // Only what had begun before everything left was over can come next.
      if (op.start > firstEnd) return false;
      const next = step(op, value);
      return (
        next !== undefined &&
        search(
          left.filter((other) => other !== op),
          next.value,
        )
      );
    });
  };
  return search(operations, null);
}

function step(op: Operation, value: number | null): { value: number | null } | undefined {
  switch (op.type) {
    case "read":
      return op.seen === value ? { value } : undefined;
    case "write":
      return { value: op.argument };
    case "add":
      return { value: (value ?? 0) + op.argument };
    case "cas":
      // Versions differ where values do not: a refused one proves nothing.
      if (!op.held) return { value };
      return op.seen === value ? { value: op.argument } : undefined;
  }
}

export function historySuite(backend: Backend): void {
  test("the search knows what is impossible", () => {
    const op = (
      type: Operation["type"],
      start: number,
      end: number,
      argument: number,
      seen: number | null,
    ): Operation => ({
      register: 0,
      start,
      end,
      type,
      argument,
      seen,
      held: true,
    });
    expect(linearizable([op("write", 0, 1, 5, null), op("read", 2, 3, 0, 5)])).toBe(true);
    expect(linearizable([op("write", 0, 1, 5, null), op("read", 2, 3, 0, null)])).toBe(false);
    expect(
      linearizable([op("write", 0, 9, 5, null), op("read", 2, 3, 0, 5), op("read", 4, 5, 0, null)]),
    ).toBe(false);
    expect(linearizable([op("cas", 0, 9, 1, null), op("cas", 0, 9, 2, null)])).toBe(false);
  });

  test("what concurrent clients see can be put into one order", async () => {
    const again = backend.place?.();
    const connections: Store[] =
      again === undefined ? [await backend.open()] : await Promise.all([again(), again()]);
    const client = fc.array(
      fc.record({
        register: fc.nat(1),
        type: fc.constantFrom<Operation["type"]>("read", "write", "cas", "add"),
        argument: fc.integer({ min: 1, max: 9 }),
      }),
      { maxLength: 6 },
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(client, { minLength: 2, maxLength: 4 }), async (clients) => {
        run++;
        let clock = 0;
        const history: Operation[] = [];
        await Promise.all(
          clients.map(async (steps, who) => {
            const connection = connections[who % connections.length];
            if (connection === undefined) throw new Error("there is one at least");
            const kv = connection.namespace("run", run);
            for (const { register, type, argument } of steps) {
              const key = [register];
              let start = clock++;
              let seen: number | null = null;
              let held = true;
              if (type === "read") seen = (await kv.get<number>(key))?.value ?? null;
              else if (type === "write") await kv.set(key, argument);
              else if (type === "add") await kv.atomic().add(key, argument).commit();
              else {
                const entry = await kv.get<number>(key);
                const version: Versionstamp | null = entry?.version ?? null;
                seen = entry?.value ?? null;
                history.push({ register, start, end: clock++, type: "read", argument: 0, seen, held });
                start = clock++;
                held = (await kv.atomic().check(key, version).set(key, argument).commit()).ok;
              }
              history.push({ register, start, end: clock++, type, argument, seen, held });
            }
          }),
        );
        for (const register of [0, 1])
          expect(linearizable(history.filter((op) => op.register === register))).toBe(true);
      }),
      { numRuns: Math.ceil(backend.runs / 2) },
    );
    await Promise.all(connections.map((kv) => kv.close()));
  });
}
