/**
 * Capabilities: what was not granted is refused, with the op and the reason, before anything happens. The list of
 * attempts is what a program might try to get at more.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OpError, parseGrant, Resolver } from "../src/index.ts";
import { consoleOps } from "../src/ops/console.ts";
import { cryptoOps } from "../src/ops/crypto.ts";
import { envOps } from "../src/ops/env.ts";
import { filesOps } from "../src/ops/files.ts";
import { httpFetchOps } from "../src/ops/http-fetch.ts";
import { type KvLike, kvOps } from "../src/ops/kv.ts";
import { timeOps } from "../src/ops/time.ts";

const base = mkdtempSync(join(tmpdir(), "grants-"));
const folder = join(base, "open");
mkdirSync(join(folder, "sub"), { recursive: true });
writeFileSync(join(base, "secret.txt"), "secret");
writeFileSync(join(folder, "sub", "plain.txt"), "plain");
symlinkSync(join(base, "secret.txt"), join(folder, "sub", "link.txt"));
symlinkSync(base, join(folder, "sub", "up"));

/** What handlers were asked for, all in all: a refused attempt must not be among it. */
let asked: string[] = [];
const noted = async (what: string): Promise<never> => {
  asked.push(what);
  throw new Error("asked");
};
const store: KvLike = {
  get: () => noted("get"),
  list: () => noted("list"),
  set: () => noted("set"),
  delete: () => noted("delete"),
  atomic: () => {
    asked.push("atomic");
    throw new Error("asked");
  },
};

const server = createServer((request, response) => {
  if (request.url?.startsWith("/to/")) {
    response.writeHead(302, { location: decodeURIComponent(request.url.slice(4)) });
    return void response.end();
  }
  response.end(`at ${request.headers.host}${request.url} ${request.headers.authorization ?? "-"}`);
});
let here = "";
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  here = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(base, { recursive: true });
});

const resolver = new Resolver([
  ...kvOps(store),
  ...httpFetchOps({
    fetch: (url, init) => {
      asked.push(`fetch ${url}`);
      return fetch(url, init);
    },
  }),
  ...consoleOps({ show: String, write: (line) => asked.push(line) }),
  ...timeOps(),
  ...envOps({ names: ["HOME", "LANG"], env: { HOME: "/home", LANG: "C", TOKEN: "secret" } }),
  ...cryptoOps({ keys: { session: "a", admin: "b" } }),
  ...filesOps({ folder, write: true }),
]);

/** As an author would grant them to a guest's program. */
const grants = [
  "kv/*:guest/",
  "http/fetch:api.example.org",
  "http/fetch:https://example.org/public/",
  "env/get:LANG",
  "crypto/sign:session",
  "files/*:sub",
  "files/read:sub",
];

type Attempt = readonly [op: string, args: readonly unknown[], reason: string];
const PREFIX = 'outside "guest/"';
const attempts: readonly Attempt[] = [
  // What was not granted at all.
  ["time/now", [], ":time/now is not granted to this program"],
  ["console/print", ["x"], ":console/print is not granted to this program"],
  ["crypto/random-bytes", [8], ":crypto/random-bytes is not granted to this program"],
  ["crypto/verify", ["session", "x", "00"], ":crypto/verify is not granted to this program"],
  // Keys beside the prefix.
  ["kv/get", ["secret"], PREFIX],
  ["kv/get", [""], PREFIX],
  ["kv/get", ["guest"], PREFIX],
  ["kv/get", ["Guest/1"], PREFIX],
  ["kv/get", [" guest/1"], PREFIX],
  ["kv/get", ["\u0000guest/1"], PREFIX],
  ["kv/get", ["../guest/1"], PREFIX],
  ["kv/get", ["guest\u2215x"], PREFIX],
  ["kv/get", ["guest\uff0f1"], PREFIX],
  ["kv/get", ["gu\u00adest/1"], PREFIX],
  ["kv/get", [["guest"]], PREFIX],
  ["kv/get", [["guest/", "1"]], PREFIX],
  ["kv/get", [["guest/1", null]], PREFIX],
  ["kv/get", [[null]], PREFIX],
  ["kv/get", [[["guest/"]]], "parts of a key"],
  ["kv/get", [[new TextEncoder().encode("guest/1")]], PREFIX],
  ["kv/get", ["guest/\ud800"], "no well-formed text"],
  ["kv/entry", ["secret"], PREFIX],
  ["kv/set", ["secret", 1], PREFIX],
  ["kv/set", [["guest", "1"], 1], PREFIX],
  ["kv/delete", ["secret"], PREFIX],
  ["kv/add", ["counter", 1], PREFIX],
  // Prefixes that reach further.
  ["kv/list", [""], PREFIX],
  ["kv/list", ["guest"], PREFIX],
  ["kv/list", ["g"], PREFIX],
  ["kv/list", [[]], PREFIX],
  ["kv/list", [["guest/"]], PREFIX],
  ["kv/changes", ["", "0"], PREFIX],
  ["kv/page", ["", [], null], PREFIX],
  ["kv/page", ["guest/", [["set", "secret", 1]], null], PREFIX],
  // Through a transaction.
  ["kv/commit", [[["secret", null]], [], []], PREFIX],
  ["kv/commit", [[], [["", "0"]], []], PREFIX],
  [
    "kv/commit",
    [
      [],
      [],
      [
        ["set", "guest/1", 1],
        ["set", "secret", 1],
      ],
    ],
    PREFIX,
  ],
  ["kv/commit", [[], [], [["delete", ["guest", "x"]]]], PREFIX],
  // Hosts.
  ["http/fetch", ["https://evil.example/"], "outside api.example.org"],
  ["http/fetch", ["https://api.example.org.evil.example/"], "outside api.example.org"],
  ["http/fetch", ["https://api.example.org@evil.example/"], "outside api.example.org"],
  ["http/fetch", ["https://evil.example/?api.example.org"], "outside api.example.org"],
  ["http/fetch", ["https://evil.example\\@api.example.org/"], "outside api.example.org"],
  ["http/fetch", ["https://api.example.org:8443/"], "outside api.example.org"],
  ["http/fetch", ["https://api.example.org./"], "outside api.example.org"],
  ["http/fetch", ["https://example.org/private"], "outside https://example.org/public/"],
  ["http/fetch", ["https://example.org/public/../private"], "outside https://example.org/public/"],
  ["http/fetch", ["https://example.org/public/..%2fprivate"], "outside https://example.org/public/"],
  ["http/fetch", ["http://example.org/public/"], "outside https://example.org/public/"],
  ["http/fetch", ["file:///etc/passwd"], "absolute http or https URL"],
  // Names.
  ["env/get", ["TOKEN"], "not LANG"],
  ["env/get", ["HOME"], "not LANG"],
  ["env/get", ["lang"], "not LANG"],
  ["crypto/sign", ["admin", "x"], "not session"],
  ["crypto/sign", ["__proto__", "x"], "not session"],
  // Files.
  ["files/read", ["../secret.txt"], "a path is relative"],
  ["files/read", ["sub/../../secret.txt"], "a path is relative"],
  ["files/read", ["/etc/passwd"], "a path is relative"],
  ["files/read", ["sub/./../secret.txt"], "a path is relative"],
  ["files/read", ["sub\\..\\..\\secret.txt"], "no backslash"],
  ["files/read", ["sub/link.txt\0"], "no backslash, colon or NUL"],
  ["files/read", ["sub/link.txt"], "leads out of the folder"],
  ["files/read-bytes", ["sub/link.txt"], "leads out of the folder"],
  ["files/read", ["sub/up/secret.txt"], "leads out of the folder"],
  ["files/list", ["sub/up"], "leads out of the folder"],
  ["files/list", ["."], 'outside "sub"'],
  ["files/read", ["subtle.txt"], 'outside "sub"'],
  ["files/write", ["top.txt", "x"], 'outside "sub"'],
  ["files/write", ["sub/up/new.txt", "x"], "leads out of the folder"],
  ["files/write", ["sub/up/deep/new.txt", "x"], "leads out of the folder"],
  ["files/delete", ["sub/up/secret.txt"], "leads out of the folder"],
];

describe("attempts to get at what was not granted", () => {
  const guest = resolver.granted(grants);

  test("there are fifty at least", () => expect(attempts.length).toBeGreaterThanOrEqual(50));

  test.each(attempts.map(([op, args, reason], i) => [i + 1, op, args, reason] as const))(
    "%i. %s %j",
    async (_, op, args, reason) => {
      asked = [];
      const refused = await (async () => guest.resolve({ op, args }))().catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(OpError);
      expect(["denied", "op"]).toContain((refused as OpError).kind);
      expect((refused as OpError).message).toContain(`:${op}`);
      expect((refused as OpError).message).toContain(reason);
      expect(asked).toEqual([]);
    },
  );

  test("what was granted goes through", async () => {
    const goes = async (op: string, ...args: unknown[]): Promise<unknown> => guest.resolve({ op, args });
    await expect(goes("kv/get", "guest/1")).rejects.toThrow("asked");
    await expect(goes("kv/list", "guest/a")).rejects.toThrow("asked");
    await expect(
      goes("kv/commit", [["guest/1", null]], [["guest/", "0"]], [["set", "guest/1", 1]]),
    ).rejects.toThrow("asked");
    expect(await goes("env/get", "LANG")).toBe("C");
    expect(await goes("crypto/sign", "session", "x")).toHaveLength(64);
    expect(await goes("files/read", "sub/plain.txt")).toBe("plain");
    expect(await goes("files/write", "sub/a/b.txt", "x")).toBe(null);
    expect(await goes("files/read", "sub/a/b.txt")).toBe("x");
    expect(await goes("files/list", "sub/a")).toEqual([{ name: "b.txt", type: "file" }]);
    expect(await goes("files/delete", "sub/a/b.txt")).toBe(null);
    expect(await goes("files/read", "sub/a/b.txt")).toBe(null);
  });
});

test("no key outside a prefix passes for one inside", () => {
  const part = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("a", "a/", "a/b", "", "ａ/"),
    fc.integer(),
    fc.constantFrom(0, -0, 1n, null, true),
    fc.uint8Array({ maxLength: 3 }),
  );
  const key = fc.array(part, { minLength: 1, maxLength: 4 });
  const same = (a: unknown, b: unknown): boolean =>
    a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.from(a).equals(b) : Object.is(a, b);
  fc.assert(
    fc.property(fc.array(part, { maxLength: 3 }), key, (prefix, wanted) => {
      let got = false;
      const only = new Resolver(
        kvOps({
          ...store,
          sync: {
            get: () => {
              got = true;
              return null;
            },
            list: () => ({ entries: [] }),
          },
        }),
      );
      let granted: Resolver;
      try {
        granted = only.granted([{ op: "kv/get", to: prefix }]);
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
        return;
      }
      try {
        granted.resolve({ op: "kv/get", args: [wanted] });
      } catch (error) {
        expect(error).toBeInstanceOf(OpError);
      }
      const inside = wanted.length > prefix.length && prefix.every((p, i) => same(p, wanted[i]));
      if (got) expect(inside).toBe(true);
    }),
  );
});

test("a redirect must be granted as the URL was, and takes no secrets along", async () => {
  const port = here.split(":")[1] ?? "";
  const other = `localhost:${port}`;
  const get = (grant: string, path: string, opts: unknown = {}): Promise<unknown> =>
    resolver
      .granted([grant])
      .resolve({ op: "http/fetch", args: [`http://${here}${path}`, opts] }) as Promise<unknown>;
  const to = (url: string): string => `/to/${encodeURIComponent(url)}`;
  expect(await get(`http/fetch:${here}`, to("/plain"))).toMatchObject({ body: `at ${here}/plain -` });
  await expect(get(`http/fetch:${here}`, to(`http://${other}/secret`))).rejects.toThrow(
    `:http/fetch is not granted: http://${here}/to/http%3A%2F%2Flocalhost%3A${port}%2Fsecret redirects, and http://${other}/secret is outside ${here}`,
  );
  const authorized = { headers: { Authorization: "Bearer x" } };
  expect(await get("http/fetch", to(`http://${other}/`), authorized)).toMatchObject({
    body: `at ${other}/ -`,
  });
  expect(await get("http/fetch", to("/same"), authorized)).toMatchObject({
    body: `at ${here}/same Bearer x`,
  });
  await expect(get("http/fetch", to("file:///etc/passwd"))).rejects.toThrow("no http or https URL");
});

describe("grants", () => {
  test.each<[string, unknown]>([
    ["time/now", { op: "time/now" }],
    [":kv/*", { op: "kv/*" }],
    ["*", { op: "*" }],
    ["kv/*:post/", { op: "kv/*", to: "post/" }],
    [":http/fetch:example.org:8080", { op: "http/fetch", to: "example.org:8080" }],
  ])("%s", (text, grant) => expect(parseGrant(text)).toEqual(grant));

  test.each<[string | { op: string; to: unknown }, string]>([
    ["", "is no grant"],
    ["kv*", "is no grant"],
    ["kv/gte", "which is no op here; did you mean :kv/get?"],
    ["mail/*", "which is no op here"],
    ["time/now:x", "cannot be narrowed"],
    [{ op: "kv/get", to: 5 }, "a string or a list of parts"],
    ["http/fetch:https://example.org/api", "that ends with /"],
    ["http/fetch:exa mple", "narrowed to a host"],
    ["files/read:../x", "narrowed to a folder"],
    ["crypto/sign:none", "which there is not"],
  ])("%j is refused", (grant, message) => {
    expect(() => resolver.granted([grant])).toThrow(TypeError);
    expect(() => resolver.granted([grant])).toThrow(message);
  });

  test("within one of several grants is enough; a second restriction lets through what both grant", () => {
    const two = resolver.granted(["env/get:LANG", "env/get:HOME", "time/now"]);
    const get = (from: Resolver, name: string): unknown => from.resolve({ op: "env/get", args: [name] });
    expect([get(two, "LANG"), get(two, "HOME")]).toEqual(["C", "/home"]);
    const one = two.granted(["env/get:LANG", "crypto/uuid"]);
    expect(get(one, "LANG")).toBe("C");
    expect(() => get(one, "HOME")).toThrow("not LANG");
    expect(() => one.resolve({ op: "crypto/uuid", args: [] })).toThrow("not granted");
    expect(() => one.resolve({ op: "time/now", args: [] })).toThrow("not granted");
    expect(() =>
      one.with({ name: "new", purity: "read", handler: () => 1 }).resolve({ op: "new", args: [] }),
    ).toThrow("not granted");
  });
});
