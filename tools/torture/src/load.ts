/**
 * What every ordeal writes, and how it is known again: each writer numbers its commits, and each commit sets two slots, the writer's
 * last number and a count, so that a lost commit, half a commit and a commit out of order can all be told.
 */
import { createHash } from "node:crypto";
import type { Entry, Store } from "@sorbus/durable-kv";

export const WRITERS = 8;
export const SLOTS = 40;

interface Cell {
  readonly n: number;
  readonly text: string;
  readonly sum: string;
}

/** Mostly short, now and then longer than a page of the file. */
function cell(who: string, writer: number, n: number, part: string): Cell {
  const text = `${part}`.repeat(60 + ((n * 37) % 41 === 0 ? 9000 : (n * 131) % 700));
  return { n, text, sum: sumOf(who, writer, n, text) };
}

const sumOf = (who: string, writer: number, n: number, text: string): string =>
  createHash("md5").update(`${who} ${writer} ${n} ${text}`).digest("base64");

/** Commit number `n` of a writer. Resolves when it is acknowledged. */
export async function commit(store: Store, who: string, writer: number, n: number): Promise<void> {
  const slot = n % SLOTS;
  const result = await store
    .atomic()
    .set(["a", who, writer, slot], cell(who, writer, n, "a"))
    .set(["b", who, writer, slot], cell(who, writer, n, "b"))
    .set(["last", who, writer], n)
    .add(["count", who, writer], 1)
    .commit();
  if (!result.ok) throw new Error("no check, no conflict");
}

/** `who:writer` → the number of the last commit that is there. */
export type Last = Record<string, number>;

export async function lastOf(store: Store, who: string): Promise<Last> {
  const last: Last = {};
  for (let writer = 0; writer < WRITERS; writer++)
    last[`${who}:${writer}`] = (await store.get<number>(["last", who, writer]))?.value ?? 0;
  return last;
}

/**
 * Reads everything of one program and throws at the first thing that is not as whole commits in order leave it.
 *
 * @param counted whether the count must match, which it does not after a commit that was in doubt and asked for again
 */
export async function verify(store: Store, who: string): Promise<Last> {
  const last = await lastOf(store, who);
  for (let writer = 0; writer < WRITERS; writer++) {
    const l = last[`${who}:${writer}`] ?? 0;
    const where = `${who}:${writer}, whose last commit is ${l}`;
    const count = (await store.get<number>(["count", who, writer]))?.value ?? 0;
    if (count !== l) throw new Error(`${where} has counted ${count}`);
    for (let slot = 0; slot < SLOTS; slot++) {
      // The slot holds the greatest number up to the last that falls on it.
      const expected = l - ((((l - slot) % SLOTS) + SLOTS) % SLOTS);
      for (const part of ["a", "b"]) {
        const found = await store.get<Cell>([part, who, writer, slot]);
        check(found, expected, who, writer, `${where}: ${part}, slot ${slot}`);
      }
    }
  }
  return last;
}

function check(
  found: Entry<Cell> | null,
  expected: number,
  who: string,
  writer: number,
  where: string,
): void {
  if (expected <= 0) {
    if (found !== null) throw new Error(`${where} should be empty`);
    return;
  }
  if (found === null) throw new Error(`${where} should have commit ${expected} and is empty`);
  const { n, text, sum } = found.value;
  if (n !== expected) throw new Error(`${where} should have commit ${expected} and has ${n}`);
  if (sum !== sumOf(who, writer, n, text)) throw new Error(`${where} is torn`);
}

/** What was acknowledged and is not there. */
export function lost(acknowledged: Last, found: Last): string[] {
  return Object.entries(acknowledged)
    .filter(([writer, n]) => (found[writer] ?? 0) < n)
    .map(
      ([writer, n]) => `${writer}: ${n} was acknowledged, ${found[writer] ?? 0} is the last that is there`,
    );
}
