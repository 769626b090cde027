/** What a program stores is what it gets back, whatever kind of value it is. */
import type { KvEntry, KvLike } from "@sorbus/io-resolver/kv";
import { expect, test } from "vitest";
import { createRuntime, inspect, storeOps } from "../src/index.ts";

/** The least of a store, holding what it is given. */
function memory(entries: Map<string, KvEntry>): KvLike {
  const name = (key: readonly unknown[]): string => JSON.stringify(key);
  return {
    get: async (key) => entries.get(name(key)) ?? null,
    list: async () => ({ entries: [...entries.values()] }),
    set: async (key, value) => entries.set(name(key), { key, value }),
    delete: async (key) => entries.delete(name(key)),
  };
}

const values = [
  '"text"',
  "1.5",
  "10n",
  "nil",
  "true",
  "false",
  "(quote symbol)",
  '(list 1 "a" (quote b))',
  '{:b 1 "10" 2 "2" 3 :a {:c nil}}',
  "(set 1 2)",
  "(vector 1 2)",
  "(bytes 1 2)",
  '(p "a < b")',
];

test.each(values)("%s is stored and read back as it is", async (text) => {
  const runtime = createRuntime({ ops: storeOps(memory(new Map())) });
  const before = inspect(await runtime.evalValue(text));
  expect(inspect(await runtime.evalValue(`(perform :kv/set "k" ${text}) (perform :kv/get "k")`))).toBe(
    before,
  );
  expect(inspect(await runtime.evalValue('(nth (first (perform :kv/list "k")) 1)'))).toBe(before);
});

test("plain values of other code are read as the language's", async () => {
  const entries = new Map([['["post"]', { key: ["post"], value: { title: "Rowan", tags: ["tree"] } }]]);
  const runtime = createRuntime({ ops: storeOps(memory(entries)) });
  expect(inspect(await runtime.evalValue('(perform :kv/get "post")'))).toBe(
    '{:title "Rowan" :tags ("tree")}',
  );
});

test("a function cannot be stored, and the condition says what it is", async () => {
  const runtime = createRuntime({ ops: storeOps(memory(new Map())) });
  await expect(
    Promise.resolve().then(() => runtime.eval('(perform :kv/set "k" (list (fn (x) x)))')),
  ).rejects.toThrow(/cannot freeze/);
});
