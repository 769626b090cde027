/** Values across the border, both ways. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRuntime, inspect, SxError } from "../src/index.ts";

const runtime = createRuntime();

/** What both sides have. Numbers without -0: the language does not tell it from 0. */
const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true }).map((n) => n + 0),
    fc.integer(),
    fc.bigInt(),
    fc.string({ unit: "binary" }),
    fc.uint8Array(),
    fc.array(tie("value")),
    fc.dictionary(fc.string(), tie("value")),
  ),
})).value;

/** Own keys alone, in their order: what a dict is. */
const entriesOf = (object: object): [string, unknown][] => Object.entries(object);

describe("JavaScript to SX and back", () => {
  test("plain data comes back equal, keys in their order", () => {
    fc.assert(
      fc.property(plain, (value) => {
        const back = runtime.fromSx(runtime.toSx(value));
        expect(back).toEqual(value);
        if (typeof value === "object" && value !== null && !Array.isArray(value)) {
          expect(entriesOf(back as object).map(([key]) => key)).toEqual(entriesOf(value).map(([key]) => key));
        }
      }),
    );
  });

  test("through a program that takes the data apart and puts it together again", () => {
    runtime.eval(`
      (define (rebuild x)
        (cond
          ((dict? x) (reduce (fn (d k) (assoc d k (rebuild (get x k)))) {} (keys x)))
          ((list? x) (map rebuild x))
          (else x)))`);
    fc.assert(
      fc.property(plain, (value) => {
        expect(runtime.call("rebuild", value)).toEqual(value);
      }),
    );
  });

  test("undefined is nil, in collections too", () => {
    expect(runtime.fromSx(runtime.toSx([undefined, { a: undefined }]))).toEqual([null, { a: null }]);
  });

  test("a Map becomes a dict, a Set a set", () => {
    runtime.define(
      "m",
      new Map<unknown, unknown>([
        ["a", 1],
        [2, "b"],
      ]),
    );
    runtime.define("s", new Set([1, "x"]));
    expect(runtime.eval("(list (inspect m) (contains? s 1) (contains? s 2))")).toEqual([
      '{:a 1 :2 "b"}',
      true,
      false,
    ]);
    expect(runtime.eval("s")).toEqual(new Set([1, "x"]));
  });

  test("__proto__ is a key like any other", () => {
    const value = JSON.parse('{"__proto__": {"polluted": true}}') as object;
    const back = runtime.fromSx(runtime.toSx(value)) as Record<string, unknown>;
    expect(Object.keys(back)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(back.polluted).toBe(undefined);
  });

  test("an object without a prototype is plain, an instance is opaque", () => {
    const date = new Date(0);
    class Thing {
      readonly x = 1;
    }
    const thing = new Thing();
    runtime.define("date", date);
    runtime.define("thing", thing);
    runtime.define("bare", Object.assign(Object.create(null) as object, { x: 1 }));
    expect(runtime.eval("(list date thing (get bare :x) (dict? thing))")).toEqual([date, thing, 1, false]);
    expect((runtime.eval("(list thing)") as unknown[])[0]).toBe(thing);
  });

  test("what has no counterpart is refused where it is given", () => {
    expect(() => runtime.toSx(Symbol("s"))).toThrow("a symbol cannot be an SX value");
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(() => runtime.toSx(cycle)).toThrow("contains itself");
  });
});

describe("SX to JavaScript", () => {
  test.each<[string, unknown]>([
    ["nil", null],
    ["(list)", []],
    ["{}", {}],
    ["(vector 1 (list 2))", [1, [2]]],
    ["(set 1 2)", new Set([1, 2])],
    [
      "(let [h (make-hash-table)] (hash-set! h (list 1) :a) (hash-set! h nil 2) h)",
      new Map<unknown, unknown>([
        [[1], "a"],
        [null, 2],
      ]),
    ],
    ["(bytes 1 255)", new Uint8Array([1, 255])],
    ["12345678901234567890n", 12345678901234567890n],
    ["'name", "name"],
    [":key", "key"],
    ['(p "a < b" (b 1))', "<p>a &lt; b<b>1</b></p>"],
    [
      "(define-record-type point (point x y) point? (x point-x) (y point-y)) (point 1 (list 2))",
      { x: 1, y: [2] },
    ],
    ["(/ -1 3)", -1 / 3],
  ])("%s", (text, value) => {
    expect(createRuntime().eval(text)).toEqual(value);
  });

  test("a condition that is a value is an SxError", () => {
    const error = runtime.eval('(guard (e (true e)) (error "no" 1 (list 2)))');
    expect(error).toBeInstanceOf(SxError);
    const { message, kind, data } = error as SxError;
    expect({ message, kind, data }).toEqual({ message: "no", kind: "user", data: [1, [2]] });
  });

  test("deep data crosses both ways", () => {
    let deep: unknown = 0;
    for (let i = 0; i < 1_500; i++) deep = [deep];
    expect(runtime.call("identity", deep)).toEqual(deep);
  });

  test("what contains itself does not cross", () => {
    expect(() => runtime.eval("(let [v (vector 1)] (vector-push! v v) v)")).toThrow("contains itself");
  });

  test("markup that cannot be rendered is an SxError", () => {
    expect(() => runtime.eval('(a :href "javascript:x" "y")')).toThrow(SxError);
  });
});

test("inspect shows values as SX writes them", () => {
  expect(inspect(runtime.toSx({ a: [1, "b", null, true] }))).toBe('{:a (1 "b" nil true)}');
});
