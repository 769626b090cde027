/** The standard handler sets. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OpError, Resolver } from "../src/index.ts";
import { consoleOps } from "../src/ops/console.ts";
import { httpFetchOps } from "../src/ops/http-fetch.ts";
import { type KvEntry, type KvKey, type KvLike, type KvSelector, kvOps } from "../src/ops/kv.ts";
import { randomOps } from "../src/ops/random.ts";
import { sleepOps } from "../src/ops/sleep.ts";
import { timeOps } from "../src/ops/time.ts";

test("console/print joins what `show` makes of each value with spaces", () => {
  const lines: string[] = [];
  const resolver = new Resolver(
    consoleOps({ show: (v) => `<${v}>`, write: (line) => void lines.push(line) }),
  );
  expect(resolver.resolve({ op: "console/print", args: [1, "a b"] })).toBe(null);
  resolver.resolve({ op: "console/print", args: [] });
  expect(lines).toEqual(["<1> <a b>", ""]);
});

test("time/now and random/int take their source as an option", () => {
  const resolver = new Resolver([...timeOps({ now: () => 5 }), ...randomOps({ random: () => 0.999_999 })]);
  expect(resolver.resolve({ op: "time/now", args: [] })).toBe(5);
  expect(resolver.resolve({ op: "random/int", args: [10] })).toBe(9);
  for (const wrong of [0, -1, 1.5, "10", null, Infinity]) {
    expect(() => resolver.resolve({ op: "random/int", args: [wrong] })).toThrow(
      "n must be a positive integer",
    );
  }
});

describe("async/sleep", () => {
  const resolver = new Resolver(sleepOps());

  test("answers nil, and never inline", async () => {
    const answer = resolver.resolve({ op: "async/sleep", args: [0] });
    expect(answer).toBeInstanceOf(Promise);
    expect(await answer).toBe(null);
  });

  test("a cancelled sleep rejects at once and leaves no timer", async () => {
    const controller = new AbortController();
    const answer = resolver.resolve({ op: "async/sleep", args: [3_600_000], signal: controller.signal });
    controller.abort(new Error("cancelled"));
    await expect(answer).rejects.toThrow("cancelled");
    expect(process.getActiveResourcesInfo().filter((r) => r === "Timeout").length).toBeLessThan(5);
  });

  test("a sleep longer than a timer can count does not fire at once", async () => {
    const controller = new AbortController();
    let fired = false;
    const answer = resolver.resolve({
      op: "async/sleep",
      args: [2 ** 40],
      signal: controller.signal,
    }) as Promise<unknown>;
    const watched = answer.then(
      () => (fired = true),
      () => {},
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(fired).toBe(false);
    controller.abort();
    await watched;
  });

  test.each([[-1], [Number.NaN], [Infinity], ["5"]])("refuses %s", (ms) => {
    expect(() => resolver.resolve({ op: "async/sleep", args: [ms] })).toThrow("ms must be a number");
  });
});

describe("http/fetch", () => {
  const server = createServer((request, response) => {
    if (request.url === "/never") return;
    if (request.url === "/long") return void response.end("x".repeat(100_000));
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      response.writeHead(201, { "x-seen": `${request.method} ${request.headers["x-mine"] ?? "-"}` });
      response.end(`é ${body}`);
    });
  });
  let base = "";
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const resolver = new Resolver(httpFetchOps({ maxBody: 50_000 }));
  const get = (path: string, ...opts: unknown[]): Promise<unknown> =>
    resolver.resolve({ op: "http/fetch", args: [base + path, ...opts] }) as Promise<unknown>;

  test("gives status, headers and body", async () => {
    expect(await get("/")).toMatchObject({ status: 201, headers: { "x-seen": "GET -" }, body: "é " });
    expect(await get("/", { method: "PUT", headers: { "x-mine": "y" }, body: "hi" })).toMatchObject({
      headers: { "x-seen": "PUT y" },
      body: "é hi",
    });
    expect(await get("/", { body: new Uint8Array([104, 105]), as: "bytes" })).toMatchObject({
      headers: { "x-seen": "POST -" },
      body: new TextEncoder().encode("é hi"),
    });
  });

  test("a failure names the URL and the reason", async () => {
    const closed = await new Promise<number>((resolve) => {
      const other = createServer().listen(0, "127.0.0.1", () => {
        const { port } = other.address() as AddressInfo;
        other.close(() => resolve(port));
      });
    });
    const url = `http://127.0.0.1:${closed}/`;
    const answer = resolver.resolve({ op: "http/fetch", args: [url] });
    await expect(answer).rejects.toMatchObject({
      kind: "host",
      data: [url],
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test("a body beyond the limit is refused", async () => {
    await expect(get("/long")).rejects.toMatchObject({ kind: "limit" });
  });

  test("a cancelled request rejects with the reason", async () => {
    const controller = new AbortController();
    const answer = resolver.resolve({ op: "http/fetch", args: [`${base}/never`], signal: controller.signal });
    setTimeout(() => controller.abort(new Error("gone")), 10);
    await expect(answer).rejects.toThrow("gone");
  });

  test.each<[unknown[], string]>([
    [["/relative"], "absolute http or https URL"],
    [["file:///etc/passwd"], "absolute http or https URL"],
    [["http://x/", { mehtod: "GET" }], "there is no option :mehtod"],
    [["http://x/", { headers: { a: 1 } }], ":headers must be a dict of strings"],
    [["http://x/", { as: "json" }], ":as must be"],
    [["http://x/", []], "opts must be a dict"],
  ])("refuses %o", (args, message) => {
    expect(() => resolver.resolve({ op: "http/fetch", args })).toThrow(message);
  });
});

describe("kv", () => {
  /** A store just good enough: keys in the order of their JSON. */
  class Table {
    readonly map = new Map<string, KvEntry>();
    reads = 0;
    get(key: KvKey): KvEntry | null {
      this.reads++;
      return this.map.get(JSON.stringify(key)) ?? null;
    }
    list(selector: KvSelector): { entries: KvEntry[] } {
      const spelled = (key: KvKey): string => key.map((p) => JSON.stringify(p).replace(/"$/, "")).join(" ");
      const inside = ({ key }: KvEntry): boolean =>
        "prefix" in selector
          ? key.length > selector.prefix.length && selector.prefix.every((part, i) => part === key[i])
          : spelled(key) >= spelled(selector.start) && spelled(key) < spelled(selector.end);
      const entries = [...this.map.values()].filter(inside);
      return { entries: entries.sort((a, b) => (spelled(a.key) < spelled(b.key) ? -1 : 1)) };
    }
  }
  const stores = (table: Table): Record<string, KvLike> => {
    const async = {
      get: async (key: KvKey) => table.get(key),
      list: async (selector: KvSelector) => table.list(selector),
      set: async (key: KvKey, value: unknown) => table.map.set(JSON.stringify(key), { key, value }),
      delete: async (key: KvKey) => table.map.delete(JSON.stringify(key)),
    };
    return { sync: { ...async, sync: table }, async };
  };

  test.each(["sync", "async"])("over a store with %s reads", async (kind) => {
    const table = new Table();
    const resolver = new Resolver(kvOps(stores(table)[kind] as KvLike));
    const ask = (op: string, ...args: unknown[]): unknown => resolver.resolve({ op, args });
    for (const key of ["post/1", "post/2", "posture", "q", ["post/2", "x"], ["tag", "b"], ["tag", "a", 1]]) {
      expect(await ask("kv/set", key, `v ${key}`)).toBe(null);
    }
    const inline = !(ask("kv/get", "q") instanceof Promise);
    expect(inline).toBe(kind === "sync");
    expect(await ask("kv/get", "post/1")).toBe("v post/1");
    expect(await ask("kv/get", ["post/1"])).toBe("v post/1");
    expect(await ask("kv/get", "none")).toBe(null);
    expect(await ask("kv/list", "post/")).toEqual([
      ["post/1", "v post/1"],
      ["post/2", "v post/2"],
    ]);
    expect(await ask("kv/list", ["tag"])).toEqual([
      [["tag", "a", 1], "v tag,a,1"],
      [["tag", "b"], "v tag,b"],
    ]);
    expect(((await ask("kv/list", "")) as unknown[][]).map(([key]) => key)).toEqual([
      "post/1",
      "post/2",
      "posture",
      "q",
    ]);
    expect(await ask("kv/list", [])).toHaveLength(7);
    await ask("kv/delete", "q");
    expect(await ask("kv/get", "q")).toBe(null);
    const reads = table.reads;
    await ask("kv/get", "q");
    expect(table.reads).toBe(reads + 1);
  });

  test("keys that are neither strings nor lists are refused", () => {
    const resolver = new Resolver(kvOps(stores(new Table()).sync as KvLike));
    for (const op of ["kv/get", "kv/list"]) {
      expect(() => resolver.resolve({ op, args: [{ a: 1 }] })).toThrow(OpError);
      expect(() => resolver.resolve({ op, args: [null] })).toThrow("must be a string or a list");
    }
    expect(() => resolver.resolve({ op: "kv/get", args: [[]] })).toThrow("must have a part");
  });
});
