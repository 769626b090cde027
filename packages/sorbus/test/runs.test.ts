/** Runs: what stays between them, how many there may be at once, how they end. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cekTier } from "@sorbus/cek";
import { Resolver } from "@sorbus/io-resolver";
import { consoleOps } from "@sorbus/io-resolver/console";
import { sleepOps } from "@sorbus/io-resolver/sleep";
import { afterAll, describe, expect, test } from "vitest";
import {
  type Answers,
  createRuntime,
  inspect,
  type Runtime,
  type RuntimeOptions,
  type SourceFiles,
  SxError,
  type Value,
} from "../src/index.ts";

const ANSWERS: readonly Answers[] = ["inline", "suspend", "async", "freeze"];

/** Files in memory. */
function files(texts: Readonly<Record<string, string>>, later = false): SourceFiles {
  const read = (path: string): string => {
    const text = texts[path];
    if (text === undefined) throw new Error("no such file");
    return text;
  };
  return {
    resolve: (specifier, from) => new URL(specifier, `file:///${from}`).pathname.slice(1),
    read: (path) => (later ? Promise.resolve().then(() => read(path)) : read(path)),
  };
}

const failure = (run: () => unknown): Promise<SxError> =>
  new Promise((resolve, reject) => {
    Promise.resolve()
      .then(run)
      .then(
        (value) => reject(new Error(`gave ${String(value)}`)),
        (error: unknown) => (error instanceof SxError ? resolve(error) : reject(error)),
      );
  });

describe("eval", () => {
  test("gives the last form's value, and keeps definitions", () => {
    const runtime = createRuntime();
    expect(runtime.eval("(define x 1) (define (f y) (+ x y)) (f 1)")).toBe(2);
    expect(runtime.eval("(set! x 10)")).toBe(null);
    expect(runtime.eval("(f 1)")).toBe(11);
    expect(runtime.eval("")).toBe(null);
  });

  test("is no promise unless something was answered by one", async () => {
    const runtime = createRuntime({ ops: { now: () => 1, later: async () => 2 } });
    expect(runtime.eval("(list (perform :now) (perform :now))")).toEqual([1, 1]);
    const result = runtime.eval("(list (perform :now) (perform :later))");
    expect(result).toBeInstanceOf(Promise);
    expect(await result).toEqual([1, 2]);
  });

  test("a failed text leaves what came before it", async () => {
    const runtime = createRuntime();
    expect((await failure(() => runtime.eval('(define one 1) (error "stop") (define two 2)'))).message).toBe(
      "stop",
    );
    expect(runtime.eval("one")).toBe(1);
    expect((await failure(() => runtime.eval("two"))).kind).toBe("unbound");
  });

  test.each(ANSWERS)("macros may ask for effects while a text is expanded (%s)", async (answers) => {
    const runtime = createRuntime({ answers, ops: { word: async (n: number) => ["zero", "one"][n] } });
    expect(
      await runtime.eval(
        "(defmacro word (n) (perform :word n)) (list (word 1) (map (fn (i) (word 0)) (list 1 2)))",
      ),
    ).toEqual(["one", ["zero", "zero"]]);
  });
});

describe("define, global, call, apply", () => {
  test("a global may be defined before and after the code that uses it", () => {
    const runtime = createRuntime();
    runtime.define("rate", 2);
    runtime.eval("(define (price n) (* n rate))");
    expect(runtime.call("price", 3)).toBe(6);
    runtime.define("rate", 10);
    expect(runtime.call("price", 3)).toBe(30);
  });

  test("call takes a name or a function; what is not defined is an error", async () => {
    const runtime = createRuntime();
    expect(runtime.call("map", (x: number) => x + 1, [1, 2])).toEqual([2, 3]);
    expect(runtime.call((x: number) => x + 1, 1)).toBe(2);
    expect(await failure(() => runtime.call("nowhere", 1))).toMatchObject({
      kind: "unbound",
      message: "nowhere is not defined",
    });
    expect((await failure(() => runtime.call("map"))).kind).toBe("arity");
  });
});

describe("load", () => {
  const folder = mkdtempSync(join(tmpdir(), "sorbus-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("files of the file system, relative to one another", () => {
    mkdirSync(join(folder, "lib"));
    writeFileSync(
      join(folder, "main.sx"),
      '(import "./lib/a.sx" :prefix a/)\n(define here 1)\n(list here (a/value))',
    );
    writeFileSync(join(folder, "lib/a.sx"), '(import "../lib/b.sx")\n(define (value) (b))');
    writeFileSync(join(folder, "lib/b.sx"), "(define (b) :b)");
    const runtime = createRuntime();
    expect(runtime.load(join(folder, "main.sx"))).toEqual([1, "b"]);
    expect(runtime.eval("(list here (a/value))")).toEqual([1, "b"]);
  });

  test("a file that is not there", async () => {
    const error = await failure(() => createRuntime().load(join(folder, "gone.sx")));
    expect(error).toMatchObject({
      kind: "import",
      message: `cannot read ${join(folder, "gone.sx")}: there is no such file`,
    });
    expect((await failure(() => createRuntime().load(folder))).message).toContain("it is a folder");
  });

  test.each([false, true])("each module once, from anywhere (later: %s)", async (later) => {
    const printed: unknown[] = [];
    const runtime = createRuntime({
      files: files(
        {
          "a.sx": '(import "./b.sx") (import "./c.sx") (+ b c)',
          "b.sx": '(import "./c.sx") (define b (+ c 1))',
          "c.sx": "(perform :note 1) (define c 1)",
        },
        later,
      ),
      ops: { note: (x: unknown) => void printed.push(x) },
    });
    expect(await runtime.load("a.sx")).toBe(3);
    expect(await runtime.load("a.sx")).toBe(null);
    expect(printed).toEqual([1]);
  });

  test("two loads of one file at once are one load", async () => {
    let notes = 0;
    const runtime = createRuntime({
      files: files({ "a.sx": "(perform :note) (define a 1) :loaded" }, true),
      ops: {
        note: async () => {
          notes += 1;
        },
      },
    });
    expect(await Promise.all([runtime.load("a.sx"), runtime.load("a.sx")])).toEqual(["loaded", "loaded"]);
    expect(notes).toBe(1);
  });

  test("a file that failed can be loaded again once it is mended", async () => {
    const texts: Record<string, string> = { "a.sx": '(import "./b.sx") (b)', "b.sx": "(define (b) (oops" };
    const runtime = createRuntime({ files: files(texts) });
    expect(await failure(() => runtime.load("a.sx"))).toMatchObject({ kind: "read" });
    texts["b.sx"] = "(define (b) :mended)";
    expect(runtime.load("a.sx")).toBe("mended");
  });

  test("an error of an imported file is shown with its code", async () => {
    const runtime = createRuntime({
      files: files({ "a.sx": '(import "./b.sx")\n(f 0)', "b.sx": "(define (f x)\n  (/ 1 x))" }),
    });
    const error = await failure(() => runtime.load("a.sx"));
    expect(error.frames[0]).toMatchObject({ name: "f", file: "b.sx", line: 2, column: 3 });
    expect(error.stack).toMatch(/^SxError: .*\n {4}at f \(b\.sx:2:3\)/);
    expect(runtime.report(error)).toContain(
      "  --> b.sx:2:3\n  1 | (define (f x)\n> 2 |   (/ 1 x))\n    |   ^^^^^^^",
    );
  });
});

describe.each([
  ["vm", {}],
  ["cek", { tier: cekTier }],
] as [string, RuntimeOptions][])("many runs in one runtime (%s)", (_, tier) => {
  test.each(ANSWERS)("wait at once, and each gets its own answers (%s)", async (answers) => {
    let most = 0;
    let now = 0;
    const runtime = createRuntime({
      ...tier,
      answers,
      ops: {
        look: async (n: number) => {
          most = Math.max(most, ++now);
          await new Promise((resolve) => setTimeout(resolve, 5));
          now -= 1;
          return n * 10;
        },
      },
    });
    runtime.eval("(define (page n) (list n (map (fn (i) (+ i (perform :look n))) (range 3))))");
    const pages = await Promise.all(Array.from({ length: 20 }, (_, n) => runtime.call("page", n)));
    expect(pages).toEqual(Array.from({ length: 20 }, (_, n) => [n, [n * 10, n * 10 + 1, n * 10 + 2]]));
    expect(most).toBe(20);
  });
});

test("one run's error leaves the others alone", async () => {
  const runtime = createRuntime({ ops: { wait: () => new Promise((resolve) => setTimeout(resolve, 5, 1)) } });
  const runs = ["(perform :wait)", '(do (perform :wait) (error "mine"))', "(+ 1 (perform :wait))"].map(
    (text) => Promise.resolve(runtime.eval(text)).catch((error: unknown) => (error as Error).message),
  );
  expect(await Promise.all(runs)).toEqual([1, "mine", 2]);
});

describe("an aborted run", () => {
  const program = `
    (dynamic-wind
      (fn () (perform :note "in"))
      (fn () (guard (e (true (perform :note "caught"))) BODY))
      (fn () (perform :note "out") (perform :note-later "out, later")))`;

  function noting(options: RuntimeOptions = {}): { runtime: Runtime; notes: string[] } {
    const notes: string[] = [];
    const runtime = createRuntime({
      ...options,
      ops: new Resolver([
        ...sleepOps(),
        ...(["note", "note-later"] as const).map((name) => ({
          name,
          purity: "write" as const,
          handler: ([text]: readonly unknown[]) => {
            notes.push(String(text));
            return name === "note" ? null : Promise.resolve(null);
          },
        })),
      ]),
    });
    return { runtime, notes };
  }

  test.each(ANSWERS)(
    "that waits: its exits run, asynchronous ones too, and it ends as cancelled (%s)",
    async (answers) => {
      const { runtime, notes } = noting({ answers });
      const stop = new AbortController();
      const run = runtime.eval(
        program.replace("BODY", '(all (perform :async/sleep 100000) (perform :note "waits"))'),
        { signal: stop.signal },
      );
      while (!notes.includes("waits")) await new Promise(setImmediate);
      stop.abort(new Error("enough"));
      expect(await failure(() => run)).toMatchObject({ kind: "cancelled", message: "enough" });
      expect(notes).toEqual(["in", "waits", "out", "out, later"]);
    },
  );

  test("that only computes, when it is run in slices", async () => {
    const { runtime, notes } = noting({ slice: 10_000 });
    const stop = new AbortController();
    const run = runtime.eval(program.replace("BODY", "(while true nil)"), { signal: stop.signal });
    setTimeout(() => stop.abort(), 10);
    expect(await failure(() => run)).toMatchObject({
      kind: "cancelled",
      message: "This operation was aborted",
    });
    expect(notes).toEqual(["in", "out", "out, later"]);
  });

  test("that asks without end for what is answered at once", async () => {
    const { runtime, notes } = noting({ slice: 10_000 });
    const stop = new AbortController();
    const run = runtime.eval('(while true (perform :note "x"))', { signal: stop.signal });
    setTimeout(() => stop.abort(), 10);
    expect((await failure(() => run)).kind).toBe("cancelled");
    expect(notes.length).toBeGreaterThan(10);
  });

  test("by the handler that is being asked", async () => {
    const stop = new AbortController();
    const runtime = createRuntime({
      ops: {
        stop: () => stop.abort(),
        more: () => {
          throw new Error("asked after the end");
        },
      },
    });
    expect(
      await failure(() => runtime.eval("(perform :stop) (perform :more)", { signal: stop.signal })),
    ).toMatchObject({
      kind: "cancelled",
    });
  });

  test("before it began", async () => {
    const { runtime, notes } = noting();
    const signal = AbortSignal.abort(new Error("too late"));
    expect(await failure(() => runtime.eval(program, { signal }))).toMatchObject({
      kind: "cancelled",
      message: "too late",
    });
    expect(notes).toEqual([]);
  });

  test("tells the handler that nobody waits for its answer; and so does a race that is decided", async () => {
    const aborted: string[] = [];
    const never = (name: string) => ({
      name,
      purity: "read" as const,
      handler: (_: readonly unknown[], { signal }: { readonly signal: AbortSignal }) =>
        new Promise(() => signal.addEventListener("abort", () => aborted.push(name))),
    });
    const runtime = createRuntime({ ops: [never("a"), never("b"), ...sleepOps()] });
    expect(await runtime.eval("(race (perform :a) (do (perform :async/sleep 1) :won))")).toBe("won");
    expect(aborted).toEqual(["a"]);
    const stop = new AbortController();
    const run = runtime.eval("(perform :b)", { signal: stop.signal });
    stop.abort();
    await failure(() => run);
    expect(aborted).toEqual(["a", "b"]);
  });

  test("of apply", async () => {
    const { runtime } = noting();
    const f = runtime.eval("(fn () (perform :async/sleep 100000))") as () => unknown;
    expect((await failure(() => runtime.apply(f, [], { signal: AbortSignal.timeout(5) }))).kind).toBe(
      "cancelled",
    );
  });
});

describe("ops", () => {
  test("may be declarations or a resolver, and printing shows values as the language does", () => {
    const lines: string[] = [];
    const declarations = consoleOps({
      show: (value) => inspect(value as Value),
      write: (line) => lines.push(line),
    });
    createRuntime({ ops: declarations }).eval('(perform :console/print (list 1 "a"))');
    createRuntime({ ops: new Resolver(declarations) }).eval("(perform :console/print {:a nil})");
    expect(lines).toEqual(['(1 "a")', "{:a nil}"]);
  });

  test("an op that nobody handles names itself, its arguments and its place", async () => {
    const runtime = createRuntime({ ops: { "mail/send": () => null } });
    const error = await failure(() =>
      runtime.eval('(list\n  (perform :mail/sned "ada" 1))', { file: "m.sx" }),
    );
    expect(error).toMatchObject({
      kind: "op",
      message: "Nothing handles the op :mail/sned; did you mean :mail/send?",
    });
    expect(error.data).toEqual(["mail/sned", "ada", 1]);
    expect(runtime.report(error)).toContain("--> m.sx:2:3");
  });

  test("onAnswer sees each request with its answer, in order", async () => {
    const seen: string[] = [];
    const runtime: Runtime = createRuntime({
      ops: {
        double: async (n: number) => n * 2,
        fail: () => {
          throw new Error("no");
        },
      },
      onAnswer: (op, args, answer) =>
        seen.push(
          `${op} ${args.map((a) => inspect(a)).join(" ")} ${"value" in answer ? inspect(answer.value) : "raised"}`,
        ),
    });
    await runtime.eval(
      "(map (fn (n) (perform :double n)) (list 1 2)) (guard (e (true nil)) (perform :fail))",
    );
    expect(seen).toEqual(["double 1 2", "double 2 4", "fail  raised"]);
  });

  test("stats count requests and instructions, whatever way they are answered", async () => {
    for (const answers of ANSWERS) {
      const runtime = createRuntime({ answers, ops: { x: () => 1 } });
      await runtime.eval("(map (fn (i) (perform :x)) (range 5))");
      expect(runtime.stats).toMatchObject({ suspensions: 5, compiled: 0, deopts: 0, fallbacks: 0 });
      expect(runtime.stats.instructions).toBeGreaterThan(20);
    }
  });
});
