/** Recordings in files, and what looks on: counters, traces. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SpanStatusCode } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { counters, hooks, OpError, Resolver } from "../src/index.ts";
import { tracing } from "../src/opentelemetry.ts";
import { plainFromJson, plainToJson } from "../src/plain.ts";
import { recordTo, replayFrom } from "../src/recording.ts";

const folder = mkdtempSync(join(tmpdir(), "recording-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ops = () => {
  let n = 0;
  return [
    { name: "next", params: "&rest xs", purity: "write", handler: () => ++n },
    { name: "later", params: "x", purity: "read", handler: async ([x]: readonly unknown[]) => x },
    {
      name: "fail",
      purity: "read",
      handler: () => {
        throw new OpError("mail", "no such box", [1n, new Uint8Array([1])]);
      },
    },
    { name: "raw", purity: "read", values: "raw", handler: () => ({}) },
    { name: "odd", purity: "read", handler: () => new Date(0) },
  ] as const;
};

test("plain data come back exactly", () => {
  const plain = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: "binary" }),
      fc.double(),
      fc.bigInt(),
      fc.boolean(),
      fc.constantFrom(null, undefined, -0, Number.NaN, Infinity),
      fc.uint8Array(),
      fc.array(tie("any")),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("$", "__proto__")), tie("any"), {
        noNullPrototype: true,
      }),
      fc.array(fc.tuple(fc.string(), tie("any"))).map((pairs) => new Map(pairs)),
      fc.array(fc.integer()).map((items) => new Set(items)),
    ),
  })).any;
  fc.assert(
    fc.property(plain, (value) => {
      expect(plainFromJson(JSON.parse(JSON.stringify(plainToJson(value))))).toStrictEqual(value);
    }),
  );
  expect(() => plainToJson({ a: [1, new Date()] })).toThrow("value.a[1] is an object of a class");
  expect(() => plainToJson([() => 1])).toThrow("value[0] is a function");
});

describe("a recording in a file", () => {
  const path = join(folder, "run.jsonl");

  /** Two runs beside each other, and what they were told. */
  async function program(resolver: Resolver, order: readonly string[]): Promise<Record<string, unknown[]>> {
    const seen: Record<string, unknown[]> = {};
    const run = async (name: string): Promise<void> => {
      const scope = { name };
      const told: unknown[] = [];
      seen[name] = told;
      const ask = (op: string, ...args: unknown[]): unknown => resolver.resolve({ op, args, scope });
      told.push(ask("next", name));
      told.push(await ask("later", { name, bytes: new Uint8Array([2]) }));
      told.push(ask("next"));
      try {
        ask("fail");
      } catch (error) {
        const { kind, message, data } = error as OpError;
        told.push([kind, message, data]);
      }
    };
    await Promise.all(order.map(run));
    return seen;
  }

  test("is told again to each run, in whatever order the runs come, and no handler is asked", async () => {
    const recording = recordTo(path);
    const first = await program(new Resolver(ops(), { recorder: recording.recorder }), ["a", "b", "c"]);
    expect(recording.events()).toBe(24);
    recording.close();
    const recorder = replayFrom(path);
    expect(recorder.unasked()).toBe(12);
    const dead = ops().map((op) => ({ ...op, handler: () => Promise.reject(new Error("asked")) }));
    expect(await program(new Resolver(dead, { recorder }), ["c", "a", "b"])).toEqual(first);
    expect(recorder.unasked()).toBe(0);
  });

  test("that was cut off in the middle of a line tells what is whole", () => {
    const whole = readFileSync(path, "utf8");
    const cut = join(folder, "cut.jsonl");
    writeFileSync(cut, whole.slice(0, -10));
    expect(replayFrom(cut).unasked()).toBe(12);
    appendFileSync(cut, "\n");
    expect(() => replayFrom(cut)).toThrow(`${cut}:25 is no line of a recording`);
  });

  test("of another kind or format is refused, with its name", () => {
    const wrong = join(folder, "wrong.jsonl");
    writeFileSync(wrong, "{}\n");
    expect(() => replayFrom(wrong)).toThrow(`${wrong} is no recording`);
    writeFileSync(wrong, '{"sorbus-recording":9}\n');
    expect(() => replayFrom(wrong)).toThrow("format 9");
    expect(() => replayFrom(join(folder, "none"))).toThrow("ENOENT");
  });

  test("does not take what it could not give back", () => {
    const recording = recordTo(join(folder, "refused.jsonl"));
    const resolver = new Resolver(ops(), { recorder: recording.recorder });
    expect(() => resolver.resolve({ op: "raw", args: [] })).toThrow(":raw cannot be recorded");
    expect(() => resolver.resolve({ op: "odd", args: [] })).toThrow("an object of a class");
    recording.close();
  });
});

test("counters count by op", async () => {
  let clock = 0;
  const counting = counters(() => clock);
  const resolver = new Resolver(ops(), hooks(counting, {}));
  resolver.resolve({ op: "next", args: [] });
  const later = resolver.resolve({ op: "later", args: [1] });
  clock = 5;
  expect(counting.counts.get("later")).toMatchObject({ requests: 1, open: 1, answers: 0 });
  await later;
  expect(() => resolver.resolve({ op: "fail", args: [] })).toThrow();
  expect(() => resolver.resolve({ op: "later", args: [] })).toThrow();
  expect(() => resolver.resolve({ op: "nonsense", args: [] })).toThrow();
  const zero = { requests: 0, answers: 0, errors: 0, refused: 0, inline: 0, open: 0, milliseconds: 0 };
  expect(Object.fromEntries(counting.counts)).toEqual({
    next: { ...zero, requests: 1, answers: 1, inline: 1 },
    later: { ...zero, requests: 1, answers: 1, refused: 1, milliseconds: 5 },
    fail: { ...zero, requests: 1, errors: 1, inline: 1 },
    "": { ...zero, refused: 1 },
  });
});

test("OpenTelemetry gets one span for each effect, refused ones too", async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const resolver = new Resolver(ops(), tracing({ tracer: provider.getTracer("test") }));
  resolver.resolve({ op: "next", args: [] });
  await resolver.resolve({ op: "later", args: [1] });
  expect(() => resolver.resolve({ op: "fail", args: [] })).toThrow();
  expect(() => resolver.resolve({ op: "none", args: [] })).toThrow();
  await provider.forceFlush();
  const spans = exporter
    .getFinishedSpans()
    .map((s) => [s.name, s.status.code, s.attributes["sorbus.inline"]]);
  expect(spans).toEqual([
    ["next", SpanStatusCode.UNSET, true],
    ["later", SpanStatusCode.UNSET, false],
    ["fail", SpanStatusCode.ERROR, true],
    ["none", SpanStatusCode.ERROR, undefined],
  ]);
});
