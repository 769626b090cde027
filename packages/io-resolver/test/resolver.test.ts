import { describe, expect, test } from "vitest";
import {
  arityOf,
  type OpDeclaration,
  OpError,
  type OpRequest,
  type Outcome,
  Resolver,
} from "../src/index.ts";

const add: OpDeclaration = {
  name: "math/add",
  params: "a b",
  purity: "read",
  handler: ([a, b]) => Number(a) + Number(b),
};
const later: OpDeclaration = { name: "math/later", params: "x", purity: "read", handler: async ([x]) => x };

/** What `f` throws. */
function thrown(f: () => unknown): OpError {
  try {
    f();
  } catch (error) {
    if (error instanceof OpError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("answers", () => {
  test("a value is used inline, a promise is passed on", async () => {
    const resolver = new Resolver([add, later]);
    expect(resolver.resolve({ op: "math/add", args: [1, 2] })).toBe(3);
    const promise = resolver.resolve({ op: "math/later", args: [4] });
    expect(promise).toBeInstanceOf(Promise);
    expect(await promise).toBe(4);
  });

  test("what a handler throws comes out as it is", () => {
    const mine = new RangeError("mine");
    const resolver = new Resolver([
      {
        ...add,
        handler: () => {
          throw mine;
        },
      },
    ]);
    expect(() => resolver.resolve({ op: "math/add", args: [1, 2] })).toThrow(mine);
  });

  test("the handler gets the request's signal, or one that never aborts", () => {
    const signals: AbortSignal[] = [];
    const resolver = new Resolver([
      { name: "s", purity: "read", handler: (_, { signal }) => void signals.push(signal) },
    ]);
    const { signal } = new AbortController();
    resolver.resolve({ op: "s", args: [], signal });
    resolver.resolve({ op: "s", args: [] });
    expect(signals[0]).toBe(signal);
    expect(signals[1]?.aborted).toBe(false);
  });

  test("a request that was cancelled before it was made does not reach the handler", () => {
    let asked = 0;
    const resolver = new Resolver([{ name: "s", purity: "write", handler: () => asked++ }]);
    const reason = new Error("gone");
    expect(() => resolver.resolve({ op: "s", args: [], signal: AbortSignal.abort(reason) })).toThrow(reason);
    expect(asked).toBe(0);
  });
});

describe("refusals come before anything happens", () => {
  const asked: unknown[] = [];
  const set: OpDeclaration = {
    name: "kv/set",
    params: "key value",
    purity: "write",
    check: ([key]) => (typeof key === "string" ? undefined : "key must be a string"),
    handler: (args) => asked.push(args),
  };
  const resolver = new Resolver([set, add]);

  test.each<[OpRequest, string]>([
    [{ op: "kv/ste", args: [1] }, "Nothing handles the op :kv/ste; did you mean :kv/set?"],
    [{ op: "entirely/other", args: [] }, "Nothing handles the op :entirely/other"],
    [{ op: "kv/set", args: ["k"] }, "(:kv/set key value) takes 2 arguments, not 1"],
    [{ op: "kv/set", args: [1, 2] }, ":kv/set: key must be a string"],
  ])("%o", (request, message) => {
    const error = thrown(() => resolver.resolve(request));
    expect(error).toMatchObject({ kind: "op", message, data: [request.op, ...request.args] });
    expect(asked).toEqual([]);
  });

  test("counts are named as people say them", () => {
    const says = (params: string, n: number): string =>
      thrown(() => new Resolver([{ ...add, params }]).resolve({ op: "math/add", args: Array(n).fill(0) }))
        .message;
    expect(says("", 1)).toBe("(:math/add) takes 0 arguments, not 1");
    expect(says("a", 2)).toBe("(:math/add a) takes 1 argument, not 2");
    expect(says("a &optional b", 0)).toBe("(:math/add a &optional b) takes 1 to 2 arguments, not 0");
    expect(says("a &rest b", 0)).toBe("(:math/add a &rest b) takes at least 1 argument, not 0");
  });
});

describe("tables", () => {
  test("parameter lists are read once, and malformed ones refused", () => {
    expect(arityOf("a b &optional c &rest d")).toEqual({ min: 2, max: Infinity });
    for (const wrong of ["&key a", "&rest", "&rest a b", "&rest a &optional b", "&optional a &optional b"]) {
      expect(() => arityOf(wrong), wrong).toThrow(TypeError);
    }
  });

  test("a name declared twice, or with its colon, is refused", () => {
    expect(() => new Resolver([add, add])).toThrow("The op :math/add is declared twice");
    expect(() => new Resolver([{ ...add, name: ":math/add" }])).toThrow("without a colon");
  });

  test("`with` adds and replaces, and leaves the original alone", () => {
    const resolver = new Resolver([add]);
    const faked = resolver.with({ ...add, handler: () => 42 }, later);
    expect(faked.resolve({ op: "math/add", args: [1, 2] })).toBe(42);
    expect(resolver.resolve({ op: "math/add", args: [1, 2] })).toBe(3);
    expect(faked.ops().map((op) => op.name)).toEqual(["math/add", "math/later"]);
    expect([resolver.has("math/later"), faked.has("math/later")]).toEqual([false, true]);
    expect(faked.get("math/later")?.params).toBe("x");
  });
});

test("onEffect sees each accepted request begin and end, once", async () => {
  const seen: string[] = [];
  const failing: OpDeclaration = {
    name: "fail",
    purity: "read",
    handler: () => Promise.reject(new Error("no")),
  };
  const throwing: OpDeclaration = {
    name: "throw",
    purity: "read",
    handler: () => {
      throw new Error("no");
    },
  };
  const resolver = new Resolver([add, later, failing, throwing]).configured({
    onEffect: (request) => {
      seen.push(`> ${request.op}`);
      return (outcome: Outcome) =>
        void seen.push(`< ${request.op} ${outcome.type} ${outcome.inline ? "inline" : "later"}`);
    },
  });
  resolver.resolve({ op: "math/add", args: [1, 2] });
  await resolver.resolve({ op: "math/later", args: [1] });
  await expect(resolver.resolve({ op: "fail", args: [] })).rejects.toThrow("no");
  expect(() => resolver.resolve({ op: "throw", args: [] })).toThrow("no");
  expect(() => resolver.resolve({ op: "math/add", args: [] })).toThrow(OpError);
  expect(seen).toEqual([
    "> math/add",
    "< math/add answer inline",
    "> math/later",
    "< math/later answer later",
    "> fail",
    "< fail error later",
    "> throw",
    "< throw error inline",
  ]);
});
