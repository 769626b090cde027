/**
 * The three ways to commit a group do the same: the embedded engines' `apply`, the server's function, plain
 * statements. Random groups, one clock; results, rows and changes are compared after each.
 */

import { type PostgresServer, postgresOrSkip, startPostgres } from "@sorbus/postgres-server";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultCodec } from "../../src/codec.ts";
import type { Engine, PackedAtomic, PackedChange, PackedCheck } from "../../src/engine.ts";
import { Faults } from "../../src/faults.ts";
import { encodeKey, extensionsOf } from "../../src/key.ts";
import { MemoryEngine } from "../../src/memory/engine.ts";
import { openPostgres } from "../../src/postgres/engine.ts";
import { settingsOf } from "../../src/postgres/settings.ts";
import { encodeStamped, encodeValue } from "../../src/value.ts";

const START = 1_000_000;
const names = ["a", "b", "c", "d"];
const keyOf = (name: string, part?: number): Uint8Array =>
  encodeKey(part === undefined ? [name] : [name, part]);
const key = fc
  .tuple(fc.constantFrom(...names), fc.option(fc.nat({ max: 2 }), { nil: undefined }))
  .map(([name, part]) => keyOf(name, part));
const range = fc.oneof(
  fc.constantFrom(...names).map((name) => extensionsOf(encodeKey([name]))),
  fc.tuple(key, key).map(([start, end]) => ({ start, end })),
);
/** How far back from the last commit a check looks; resolved when it runs. */
const back = fc.nat({ max: 6 });

const check = fc.oneof(
  fc.record({ type: fc.constant("key" as const), key, back, absent: fc.boolean() }),
  fc.record({ type: fc.constant("range" as const), range, back }),
);
const number = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.bigInt({ min: -5n, max: 5n }));
const change: fc.Arbitrary<(time: number, at: number) => PackedChange> = fc.oneof(
  fc
    .tuple(key, fc.oneof(number, fc.string({ maxLength: 3 })), fc.option(fc.integer({ min: 1, max: 30 })))
    .map(([k, value, ttl]) => (time: number) => ({
      op: "set" as const,
      key: k,
      value: encodeValue(k, value, defaultCodec),
      expires: ttl === null ? null : time + ttl,
    })),
  key.map((k) => () => ({ op: "delete" as const, key: k })),
  range.map((r) => () => ({ op: "delete-range" as const, ...r })),
  fc.tuple(key, number).map(([k, n]) => () => ({ op: "add" as const, key: k, n })),
  key.map((k) => (_: number, at: number) => ({
    op: "set-versionstamped" as const,
    prefix: k,
    order: at,
    value: encodeStamped(k, at, defaultCodec),
  })),
);
const atomic = fc.record({
  txnId: fc.option(fc.constantFrom("x", "y", "z"), { nil: undefined, freq: 4 }),
  checks: fc.array(check, { maxLength: 2 }),
  changes: fc.array(change, { maxLength: 4 }),
});
const groups = fc.array(
  fc.record({ pass: fc.nat({ max: 20 }), atomics: fc.array(atomic, { minLength: 1, maxLength: 5 }) }),
  { minLength: 1, maxLength: 8 },
);

describe.skipIf(!postgresOrSkip())("function, statements and memory", () => {
  let server: PostgresServer;
  let time = START;
  let engines: Engine[] = [];

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  /** After this commit the store was empty. */
  let empty = 0;
  async function open(changeLog: number): Promise<void> {
    const options = { now: () => time, changeLog, committed: () => undefined };
    const postgres = ["function", "statements"] as const;
    engines = [
      new MemoryEngine({ ...options, maxBytes: undefined, faults: new Faults() }),
      ...(await Promise.all(
        postgres.map((commitBy) =>
          openPostgres({
            ...options,
            fault: [],
            settings: settingsOf(
              `${server.url}?schema=${commitBy}${changeLog}`,
              { commitBy },
              { lockTimeout: 30_000, pollInterval: 50 },
            ),
          }),
        ),
      )),
    ];
  }

  /** What a version is depends on what has been committed: the same in all of them. */
  const packed = (
    draft: typeof atomic extends fc.Arbitrary<infer T> ? T : never,
    last: number,
  ): PackedAtomic => ({
    txnId: draft.txnId,
    checks: draft.checks.map(
      (each): PackedCheck =>
        each.type === "key"
          ? { type: "key", key: each.key, version: each.absent ? 0 : Math.max(0, last - each.back) }
          : { type: "range", ...each.range, version: Math.max(0, last - each.back) },
    ),
    changes: draft.changes.map((make, i) => make(time, i)),
  });

  async function* nothing(): AsyncGenerator<never> {}

  async function state(engine: Engine): Promise<unknown> {
    const all = { start: new Uint8Array(), end: Uint8Array.of(0xff) };
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
    const { rows, version } = await engine.reader.list({ ...all, reverse: false, now: 0 });
    const reversed = await engine.reader.list({ ...all, reverse: true, now: time, limit: 3 });
    const changes = await engine.changes(empty);
    return {
      version,
      rows: rows.map((row) => ({ ...row, key: hex(row.key), value: hex(row.value) })),
      last: reversed.rows.map((row) => hex(row.key)),
      changes:
        changes === "trimmed"
          ? changes
          : changes.rows.map(({ key: k, ...rest }) => ({ ...rest, key: hex(k) })),
    };
  }

  test.each([[10_000], [5]])("with a log of %i commits", { timeout: 300_000 }, async (changeLog) => {
    await open(changeLog);
    await fc.assert(
      fc.asyncProperty(groups, async (drafts) => {
        time = START;
        await Promise.all(engines.map((engine) => engine.replace(nothing(), 0)));
        empty = (await engines[0]?.reader.version()) ?? 0;
        for (const { pass, atomics } of drafts) {
          time += pass;
          const last = (await engines[0]?.reader.version()) ?? 0;
          const group = atomics.map((draft) => packed(draft, last));
          const results = await Promise.all(
            engines.map((engine) => Promise.all(group.map((each) => engine.commit(each)))),
          );
          expect(results[1], "function").toEqual(results[0]);
          expect(results[2], "statements").toEqual(results[0]);
          const [memory, byFunction, byStatements] = await Promise.all(engines.map(state));
          expect(byFunction, "function").toEqual(memory);
          expect(byStatements, "statements").toEqual(memory);
        }
      }),
      { numRuns: 100 },
    );
    await Promise.all(engines.map((engine) => engine.close()));
  });
});
