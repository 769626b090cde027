import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CorruptBytes, type Extension, freezeGraph, thawGraph } from "../../src/freeze/graph.ts";
import {
  box,
  boxGet,
  boxSet,
  type Callee,
  closure,
  closureCode,
  closureGet,
  closureSet,
  conj,
  cons,
  dictFrom,
  dictGet,
  EMPTY,
  EMPTY_DICT,
  eq,
  equal,
  first,
  fromArray,
  HashTable,
  inspect,
  len,
  list,
  NIL,
  nth,
  record,
  recordGet,
  recordSet,
  recordType,
  rest,
  SxSet,
  vector,
  vectorItems,
  vectorPush,
  vectorRef,
} from "../../src/heap/index.ts";
import {
  Applicable,
  Condition,
  Deferred,
  intern,
  Markup,
  type Raise,
  RecordType,
  Sym,
  TrustedUrl,
  type Value,
} from "../../src/heap/value.ts";
import { anyValue, POINT } from "../heap/arbitrary.ts";

/** Code objects that are found again by name, as an engine's are. */
class Code implements Callee {
  readonly kind = "function";
  readonly name: string;
  readonly arity = 1;
  constructor(name: string) {
    this.name = name;
  }
}
const codes = new Map(["f", "g"].map((name) => [name, new Code(name)]));
const code = (name: string): Code => codes.get(name) as Code;
const codeExtension: Extension = {
  tag: "code",
  test: (o) => o instanceof Code,
  parts: (o) => ({ plain: (o as Code).name, values: [] }),
  make: (plain) => code(plain as string),
  fill: () => {
    throw new Error("there is nothing to fill");
  },
};
/** An object with references, of a class that the heap does not know. */
class Task {
  parts: Value[] = [];
  readonly id: number;
  constructor(id: number) {
    this.id = id;
  }
}
const taskExtension: Extension = {
  tag: "task",
  test: (o) => o instanceof Task,
  parts: (o) => ({ plain: { id: (o as Task).id }, values: (o as Task).parts }),
  make: (plain) => new Task((plain as { id: number }).id),
  fill: (o, values) => {
    (o as Task).parts = values;
  },
};
const pointExtension: Extension = {
  tag: "type",
  test: (o) => o === POINT,
  parts: () => ({ plain: "point", values: [] }),
  make: () => POINT,
  fill: () => {},
};
const extensions = [codeExtension, taskExtension, pointExtension];

function thawed(...values: Value[]): Value[] {
  return thawGraph(freezeGraph(values, extensions), extensions);
}
function again(v: Value): Value {
  return thawed(v)[0] as Value;
}

test("any value prints the same when it is thawed", () => {
  fc.assert(
    fc.property(fc.array(anyValue, { maxLength: 4 }), (values) => {
      expect(thawed(...values).map(inspect)).toEqual(values.map(inspect));
    }),
    { numRuns: 300 },
  );
});

test("freezing what has been thawed gives the same bytes", () => {
  fc.assert(
    fc.property(anyValue, (v) => {
      const bytes = freezeGraph([v], extensions);
      const once = thawGraph(bytes, extensions);
      expect(freezeGraph(thawGraph(freezeGraph(once, extensions), extensions), extensions)).toEqual(
        freezeGraph(once, extensions),
      );
    }),
  );
});

test("each kind of object", () => {
  const f = closure(code("f"), [1, "x", 2.5]);
  const copy = again(f);
  expect(closureCode(copy)).toBe(code("f"));
  expect([0, 1, 2].map((i) => closureGet(copy, i))).toEqual([1, "x", 2.5]);
  const k = again(new Applicable("continuation", f)) as Applicable;
  expect([k.kind, closureCode(k.procedure)]).toEqual(["continuation", code("f")]);
  const markup = again(
    new Markup(["<p>", new Deferred(f), "</p>"], new Condition("url", "no", EMPTY)),
  ) as Markup;
  expect(markup.parts[0]).toBe("<p>");
  expect(closureCode((markup.parts[1] as Deferred).thunk)).toBe(code("f"));
  expect(markup.refused?.message).toBe("no");
  expect((again(new TrustedUrl("u")) as TrustedUrl).url).toBe("u");
  expect(again(intern("sym"))).toBe(intern("sym"));
  expect(again(new Uint8Array([1, 2, 3]))).toEqual(new Uint8Array([1, 2, 3]));
  const c = new Condition("user", "m", list(1));
  c.span = { file: "a.sx", start: 1, end: 2, line: 3, column: 4 };
  c.stack = [{ name: "f", file: "a.sx", line: 1, column: 2 }];
  const d = again(c) as Condition;
  expect([d.kind, d.message, inspect(d.data), d.span, d.stack]).toEqual([
    "user",
    "m",
    "(1)",
    c.span,
    c.stack,
  ]);
  expect(boxGet(again(box(2.5)))).toBe(2.5);
});

describe("identity", () => {
  test("what was shared is shared", () => {
    const v = vector([1]);
    const [l, d, same] = thawed(list(v, v), dictFrom([["a", v]]), v) as [Value, Value, Value];
    expect(nth(l, 0)).toBe(same);
    expect(nth(l, 1)).toBe(same);
    expect(dictGet(d, "a")).toBe(same);
    vectorPush(same, 2);
    expect(inspect(l)).toBe("(#vector (1 2) #vector (1 2))");
  });

  test("tails of lists are", () => {
    const tail = cons(2, list(3, 4));
    const [a, b, t] = thawed(cons(1, tail), cons(0, tail), tail) as [Value, Value, Value];
    expect(rest(a)).toBe(t);
    expect(rest(b)).toBe(t);
    const slice = list(1, 2, 3);
    const [s, r] = thawed(slice, rest(slice)) as [Value, Value];
    expect(eq(rest(s), r)).toBe(true);
    const [r2, s2] = thawed(rest(slice), slice) as [Value, Value];
    expect(eq(rest(s2), r2)).toBe(true);
  });

  test("a record type that is frozen with its records is one type", () => {
    const type = new RecordType("pair", ["a"]);
    const [r, s, t] = thawed(record(type, [1]), record(type, [2]), type) as [Value, Value, Value];
    expect(recordType(r)).toBe(t);
    expect(recordType(s)).toBe(t);
    expect(t).not.toBe(type);
    expect(recordType(again(record(POINT, [1, 2])))).toBe(POINT);
  });

  test("all views of one list take the space of one", () => {
    let views: Value = EMPTY;
    for (let l = fromArray(Array.from({ length: 3000 }, (_, i) => `text ${i}`)); len(l) > 0; l = rest(l)) {
      views = cons(l, views);
    }
    const bytes = freezeGraph([views], []);
    expect(bytes.length).toBeLessThan(3000 * 40);
    const [back] = thawGraph(bytes, []) as [Value];
    expect(equal(back, views)).toBe(true);
  });

  test("what no list shows of a buffer is not frozen", () => {
    const whole = conj(list(new Map(), 1), [2, new Map()]);
    const middle = rest(whole);
    expect(() => freezeGraph([whole], [])).toThrow(/cannot freeze/);
    expect(() => freezeGraph([middle], [])).toThrow(/cannot freeze/);
    const queue = rest(rest(conj(list(new Map(), new Map()), [3, 4])));
    expect(inspect(again(queue))).toBe("(3 4)");
  });
});

describe("cycles", () => {
  test("through a vector, a box, a closure, a record, a hash table, an extension", () => {
    const v = vector([NIL]);
    vectorPush(v, list(1, dictFrom([["self", v]])));
    const v2 = again(v);
    expect(dictGet(nth(vectorRef(v2, 1) as Value, 1) as Value, "self")).toBe(v2);

    const b = box(NIL);
    const f = closure(code("f"), [b]);
    boxSet(b, f);
    const f2 = again(f);
    expect(boxGet(closureGet(f2, 0))).toBe(f2);

    const g = closure(code("g"), [NIL]);
    closureSet(g, 0, cons(g, EMPTY));
    const g2 = again(g);
    expect(first(closureGet(g2, 0))).toBe(g2);

    const r = record(POINT, [1, 2]);
    recordSet(r, 0, list(r));
    const r2 = again(r);
    expect(first(recordGet(r2, 0))).toBe(r2);

    const t = new HashTable();
    t.set("self", dictFrom([["t", t]]));
    const t2 = again(t) as HashTable;
    expect(dictGet(t2.get("self") as Value, "t")).toBe(t2);

    const task = new Task(7);
    task.parts = [closure(code("f"), [task]), task];
    const task2 = again(task) as Task;
    expect(task2.id).toBe(7);
    expect(task2.parts[1]).toBe(task2);
    expect(closureGet(task2.parts[0] as Value, 0)).toBe(task2);
  });

  test("whichever object of the cycle comes first", () => {
    const v = vector([]);
    const d = dictFrom([["v", v]]);
    const l = cons(d, list(v));
    vectorPush(v, l);
    for (const start of [v, d, l]) expect(inspect(again(start))).toBe(inspect(start));
  });
});

test("sets and tables find their compound elements again", () => {
  const set = SxSet.from([list(1, 2), vector([1, list("a")]), SxSet.from([vector([3])])]);
  const copy = again(set) as SxSet;
  expect(copy.has(list(1, 2))).toBe(true);
  expect(copy.has(vector([1, list("a")]))).toBe(true);
  expect(copy.has(SxSet.from([vector([3])]))).toBe(true);
  const table = new HashTable();
  table.set(vector([1, 2]), "found");
  const [table2] = thawed(table) as [HashTable];
  expect(table2.get(vector([1, 2]))).toBe("found");
});

test("a set that is in front of the list that its element is a part of", () => {
  const tail = conj(conj(list("y"), ["z"]), [1]);
  const set = SxSet.from([tail]);
  const whole = conj(cons(set, tail), ["end"]);
  expect((first(again(whole)) as SxSet).has(list("y", "z", 1))).toBe(true);
});

test("depth 100,000 and length 1,000,000", () => {
  const kinds: ((inner: Value) => Value)[] = [
    (x) => list(x),
    (x) => cons(x, EMPTY),
    (x) => vector([x]),
    (x) => dictFrom([["a", x]]),
    (x) => SxSet.from([x]),
    (x) => closure(code("f"), [x]),
    (x) => box(x),
  ];
  let v: Value = 1;
  for (let i = 0; i < 100_000; i++) v = (kinds[i % kinds.length] as (x: Value) => Value)(v);
  expect(inspect(again(v))).toBe(inspect(v));
  let long: Value = EMPTY;
  for (let i = 0; i < 1_000_000; i++) long = cons(i, long);
  expect(equal(again(long), long)).toBe(true);
});

test("what cannot be frozen is named with the way to it", () => {
  const g = closure(code("g"), ["x", list(1, dictFrom([["key", vector([new Map()])]]))]);
  const attempt = (...values: Value[]): unknown => {
    try {
      freezeGraph(values, extensions);
    } catch (error) {
      return (error as Raise).payload;
    }
    return undefined;
  };
  const condition = attempt(5, g) as Condition;
  expect(condition.kind).toBe("host");
  expect(condition.message).toBe(
    "cannot freeze #<host Map>: it is element 0 of a vector, in the value of key in a dict, in element 1 of a list, " +
      "in captured variable 1 of g, in value 1",
  );
  expect(first(condition.data)).toBe("element 0 of a vector");
  expect((attempt(new Sym("x", {})) as Condition).kind).toBe("host");
  expect((attempt(closure({ name: "h", kind: "function" }, [])) as Condition).message).toContain("its code");
});

test("small things stay small", () => {
  expect(freezeGraph([1, NIL, EMPTY, EMPTY_DICT], []).length).toBeLessThan(12);
  expect(freezeGraph([cons(1, EMPTY)], []).length).toBeLessThan(12);
  const posts = fromArray(
    Array.from({ length: 100 }, (_, i) =>
      dictFrom([
        ["title", "a title"],
        ["number", i],
      ]),
    ),
  );
  expect(freezeGraph([posts], []).length).toBeLessThan(100 * 12);
});

test("floats and numbers at every border", () => {
  const numbers = [
    0,
    -0,
    63,
    64,
    -1,
    2 ** 31,
    2 ** 53,
    2 ** 53 + 2,
    -(2 ** 53),
    0.1,
    Number.NaN,
    1 / 0,
    5e-324,
  ];
  expect(vectorItems(again(vector(numbers)))).toEqual(numbers);
  expect(thawed(...numbers)).toEqual(numbers);
  expect(Object.is(again(-0), -0)).toBe(true);
  const bigs = [0n, -1n, 255n, 256n, 2n ** 64n, -(10n ** 30n)];
  expect(thawed(...bigs)).toEqual(bigs);
  const texts = ["", "é", "\u{1F600}", "\ud800", "a\udc00b", "\ufeffx"];
  expect(thawed(...texts)).toEqual(texts);
});

test("damaged bytes are refused, not misread into something else's memory or an endless loop", () => {
  const bytes = freezeGraph(
    [
      new Markup(["a", new Deferred(closure(code("g"), []))], new Condition("url", "no", list(2))),
      new Applicable("parameter", record(new RecordType("t", ["z"]), [5])),
      list(
        1,
        dictFrom([["a", vector([1.5, "x"])]]),
        SxSet.from([1, 2]),
        closure(code("f"), [record(POINT, [1, 2])]),
      ),
    ],
    extensions,
  );
  const tolerant: Extension[] = [
    { ...codeExtension, make: () => code("f"), fill: () => {} },
    taskExtension,
    pointExtension,
  ];
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), (at, value, cut) => {
      const damaged = bytes.slice(0, cut < bytes.length / 2 ? bytes.length : cut);
      damaged[at % damaged.length] = value;
      try {
        thawGraph(damaged, tolerant);
      } catch (error) {
        expect(error).toBeInstanceOf(CorruptBytes);
      }
    }),
    { numRuns: 3000 },
  );
  expect(() => thawGraph(new Uint8Array([1, 2, 3]), [])).toThrow(CorruptBytes);
  expect(() => thawGraph(freezeGraph([new Task(1)], extensions), [])).toThrow("nobody here knows a task");
});
