import { expect, test, vi } from "vitest";
import {
  closure,
  cons,
  dictFrom,
  EMPTY,
  fromArray,
  len,
  list,
  rest,
  SxSet,
  stats,
  vector,
  vectorPush,
} from "../../src/heap/index.ts";
import { liveSize } from "../../src/heap/live.ts";
import type { Value } from "../../src/heap/value.ts";
import { REQUIREMENT, wasmApi } from "../../src/heap/wasm.ts";

test("live size grows with what is reachable, and counts each object once", () => {
  const small = fromArray(Array.from({ length: 100 }, (_, i) => i));
  const large = fromArray(Array.from({ length: 10_000 }, (_, i) => i));
  const one = liveSize([small]);
  expect(liveSize([large])).toBeGreaterThan(50 * one);
  expect(liveSize([small, small])).toBe(one);
  expect(liveSize([list(small, small)]) - one).toBeLessThan(one);
  expect(liveSize([EMPTY, 1, "x"])).toBeLessThan(200);
});

test("through every kind of object, JavaScript's too", () => {
  const text = "x".repeat(10_000);
  const holders: unknown[] = [
    list(text),
    cons(text, EMPTY),
    dictFrom([["k", text]]),
    dictFrom(Array.from({ length: 40 }, (_, i): [string, Value] => [`k${i}`, i === 30 ? text : i])),
    vector([text]),
    SxSet.from([text]),
    closure({ name: "f", kind: "function" }, [text]),
    [[text]],
    new Map([["k", { inner: text }]]),
    new Set([text]),
  ];
  for (const holder of holders) expect(liveSize([holder])).toBeGreaterThan(10_000);
});

test("all views of one list, and all tails of one chain, count what they share once", () => {
  const views: Value[] = [];
  for (let l = fromArray(Array.from({ length: 20_000 }, (_, i) => i)); len(l) > 0; l = rest(l)) views.push(l);
  let chain: Value = EMPTY;
  for (let i = 0; i < 20_000; i++) {
    chain = cons(i, chain);
    views.push(chain);
  }
  expect(liveSize(views)).toBeLessThan(20_000 * 400);
});

test("deep and cyclic data", () => {
  let deep: Value = 1;
  for (let i = 0; i < 100_000; i++) deep = list(deep);
  expect(liveSize([deep])).toBeGreaterThan(100_000 * 16);
  const v = vector([]);
  vectorPush(v, v);
  expect(liveSize([v])).toBeGreaterThan(0);
});

test("allocation is counted", () => {
  const before = stats().allocated;
  let l: Value = EMPTY;
  for (let i = 0; i < 1000; i++) l = cons(i, l);
  const pairs = stats().allocated - before;
  expect(pairs).toBeGreaterThan(1000 * 16);
  expect(pairs).toBeLessThan(1000 * 100);
  let d = dictFrom(Array.from({ length: 100 }, (_, i): [string, Value] => [`k${i}`, i]));
  const middle = stats().allocated;
  for (let i = 0; i < 100; i++) d = dictFrom([["all", d]]);
  expect(stats().allocated).toBeGreaterThan(middle);
});

test("an engine without GC types gives one clear error", () => {
  vi.stubGlobal("WebAssembly", undefined);
  expect(() => wasmApi()).toThrow(REQUIREMENT);
  vi.stubGlobal("WebAssembly", { validate: () => false });
  expect(() => wasmApi()).toThrow(/Node 22, Chrome 119, Firefox 120, Safari 18\.2/);
  vi.unstubAllGlobals();
  expect(() => wasmApi()).not.toThrow();
});
