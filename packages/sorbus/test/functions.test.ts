/** Functions that cross the border, and what becomes of promises and errors in them. */
import { cekTier } from "@sorbus/cek";
import { describe, expect, test } from "vitest";
import { createRuntime, type Runtime, SxError } from "../src/index.ts";

const soon = <T>(value: T): Promise<T> => new Promise((resolve) => setTimeout(resolve, 1, value));

describe("functions of the host in SX", () => {
  test("are called with JavaScript values and answer with them", () => {
    const runtime = createRuntime();
    const calls: unknown[][] = [];
    runtime.define("note", (...args: unknown[]) => calls.push(args));
    expect(runtime.eval('(note 1 (list "a" nil) {:b true})')).toBe(1);
    expect(calls).toEqual([[1, ["a", null], { b: true }]]);
  });

  test.each(["inline", "suspend", "async", "freeze"] as const)(
    "asynchronous ones, inside map, sort, guard and each other (%s)",
    async (answers) => {
      const runtime = createRuntime({ answers });
      let asked = 0;
      runtime.define("price", async (name: string) => {
        asked += 1;
        return soon(name.length);
      });
      runtime.define("cheaper", async (a: string, b: string) => soon(a.length < b.length));
      expect(
        await runtime.eval(`
          (list
            (map price (list "apple" "fig" "plum"))
            (sort cheaper (list "apple" "fig" "plum"))
            (guard (e (true :caught)) (+ (price "fig") (price "plum")))
            (reduce (fn (sum name) (+ sum (price name))) 0 (list "fig" "fig")))`),
      ).toEqual([[5, 3, 4], ["fig", "plum", "apple"], 7, 6]);
      expect(asked).toBe(7);
    },
  );

  test("what they throw is raised where they were called, and is the cause if nothing handles it", async () => {
    const runtime = createRuntime();
    const failure = new TypeError("no such city");
    runtime.define("look-up", () => {
      throw failure;
    });
    runtime.define("look-up-later", async () => soon(0).then(() => Promise.reject(failure)));
    expect(
      runtime.eval("(guard (e ((error? e) (list (error-kind e) (error-message e)))) (look-up 1))"),
    ).toEqual(["host", "no such city"]);
    for (const name of ["look-up", "look-up-later"]) {
      const run = async (): Promise<unknown> =>
        runtime.eval(`(define (f) (list (${name} 1)))\n(f)`, { file: "f.sx" });
      const error = await run().catch((e: unknown) => e);
      expect(error).toBeInstanceOf(SxError);
      expect(error).toMatchObject({ kind: "host", message: "no such city", cause: failure });
      expect((error as SxError).frames[0]).toMatchObject({ name: "f", file: "f.sx", line: 1 });
    }
  });

  test("something that is no Error may be thrown, too", () => {
    const runtime = createRuntime();
    runtime.define("odd", () => {
      // biome-ignore lint/style/useThrowOnlyError: that is the point
      throw "a string";
    });
    expect(() => runtime.eval("(odd)")).toThrow("a string");
  });

  test("an answer that cannot cross is an error of the program, at once or later", async () => {
    const runtime = createRuntime({
      ops: { "bad/now": () => Symbol("s"), "bad/later": async () => Symbol("s") },
    });
    expect(() => runtime.eval("(perform :bad/now)")).toThrow("a symbol cannot be an SX value");
    await expect(runtime.eval("(perform :bad/later)")).rejects.toThrow("a symbol cannot be an SX value");
    expect(await runtime.eval("(guard (e (true (error-kind e))) (perform :bad/later))")).toBe("host");
  });

  test("an op's function and an object's method keep what they close over", async () => {
    const store = new Map([["a", 1]]);
    const runtime = createRuntime({ ops: { "map/get": (key: string) => store.get(key) } });
    expect(runtime.eval('(map (fn (k) (perform :map/get k)) (list "a" "b"))')).toEqual([1, null]);
  });
});

describe("functions of SX in JavaScript", () => {
  test("are called with JavaScript values", () => {
    const add = createRuntime().eval("(fn (x &optional (y 10)) (+ x y))") as (...args: unknown[]) => unknown;
    expect([add(1), add(1, 2)]).toEqual([11, 3]);
    expect(() => add()).toThrow(SxError);
  });

  test("give a promise when something in them does", async () => {
    const runtime = createRuntime({ ops: { slow: (x: number) => soon(x * 2) } });
    const f = runtime.eval("(fn (xs) (map (fn (x) (perform :slow x)) xs))") as (xs: number[]) => unknown;
    expect(f([])).toEqual([]);
    const later = f([1, 2]);
    expect(later).toBeInstanceOf(Promise);
    expect(await later).toEqual([2, 4]);
  });

  test("primitives, components and continuations are functions, too", () => {
    const runtime = createRuntime();
    const [plus, card] = runtime.eval("(defcomp ~card (&rest children) (p children)) (list + ~card)") as ((
      ...args: unknown[]
    ) => unknown)[];
    expect([plus?.(1, 2), card?.("a")]).toEqual([3, "<p>a</p>"]);
  });

  test("one that comes back is itself again, from either side", () => {
    const runtime = createRuntime();
    const host = (x: number): number => x + 1;
    runtime.define("host", host);
    runtime.eval("(define (sx x) x)");
    expect(runtime.eval("host")).toBe(host);
    const sx = runtime.eval("sx");
    expect(runtime.eval("sx")).toBe(sx);
    runtime.define("again", sx);
    expect(runtime.eval("(eq? again sx)")).toBe(true);
    expect(runtime.eval("(eq? host (first (list host)))")).toBe(true);
  });

  test("a host function and an SX function can call each other to any depth", async () => {
    const runtime = createRuntime();
    runtime.define("down", async (f: (n: number) => unknown, n: number) => (n === 0 ? "bottom" : f(n - 1)));
    runtime.eval("(define (bounce n) (down bounce n))");
    expect(await runtime.call("bounce", 50)).toBe("bottom");
  });

  test("an error that crosses twice is the same condition", async () => {
    const runtime = createRuntime();
    runtime.define("twice", async (f: () => unknown) => f());
    const error = await Promise.resolve(
      runtime.eval('(twice (fn () (twice (fn () (error "deep" 1)))))'),
    ).catch((e: unknown) => e);
    expect(error).toMatchObject({ kind: "user", message: "deep", data: [1] });
  });
});

test("two runtimes do not share the functions that crossed", () => {
  const f = (x: number): number => x * 2;
  const use = (runtime: Runtime): unknown => {
    runtime.define("f", f);
    return runtime.eval("(map f (list 1 2))");
  };
  expect([
    use(createRuntime()),
    use(createRuntime({ tier: cekTier })),
    use(createRuntime({ answers: "freeze" })),
  ]).toEqual([
    [2, 4],
    [2, 4],
    [2, 4],
  ]);
});

test("the function of a call is an op's only for the host: a program cannot make one up", () => {
  const runtime = createRuntime();
  expect(() => runtime.eval('(perform "host/call" "x" 1)')).toThrow("Nothing handles the op :host/call");
});
