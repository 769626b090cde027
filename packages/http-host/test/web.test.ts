/**
 * The framework in SX, over real sockets, on every tier and with every way of answering effects; the bytes must be
 * the same in all of them.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { open, type Store } from "@sorbus/durable-kv";
import { sleepOps } from "@sorbus/io-resolver/sleep";
import { timeOps } from "@sorbus/io-resolver/time";
import { createRuntime, storeOps } from "sorbus";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AppServer, httpOps, type LogEntry, serveApp } from "../src/index.ts";
import { WEB_WAYS, type WebWay } from "./ways.ts";

const program = fileURLToPath(new URL("./programs/web.sx", import.meta.url));
const transcripts = new Map<string, string[]>();

interface Site {
  readonly server: AppServer;
  readonly store: Store;
  readonly logs: LogEntry[];
  readonly uploads: string;
  /** What the program takes for now, in ms. */
  now: number;
  close(): Promise<void>;
}

async function openSite({ tier, answers }: WebWay): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "web-"));
  mkdirSync(join(folder, "files", ".git"), { recursive: true });
  writeFileSync(join(folder, "files", "a.txt"), "0123456789");
  writeFileSync(join(folder, "files", ".git", "config"), "secret");
  writeFileSync(join(folder, "secret.txt"), "secret");
  const store = await open({ url: "memory:" });
  let tokens = 0;
  const site = { now: Date.UTC(2026, 0, 1) };
  const runtime = createRuntime({
    tier,
    answers,
    ops: [
      ...storeOps(store),
      ...sleepOps(),
      ...timeOps().map((op) => (op.name === "time/now" ? { ...op, handler: () => site.now } : op)),
      // Tokens that nobody can guess would differ from run to run.
      ...httpOps({ uploads: join(folder, "uploads") }).map((op) =>
        op.name === "http/token" ? { ...op, handler: () => `token${++tokens}` } : op,
      ),
    ],
  });
  await runtime.load(program);
  const logs: LogEntry[] = [];
  const server = await serveApp({
    runtime,
    app: runtime.global("app"),
    port: 0,
    files: join(folder, "files"),
    log: (entry) => logs.push(entry),
  });
  return Object.assign(site, {
    server,
    store,
    logs,
    uploads: join(folder, "uploads"),
    close: async () => {
      await server.close();
      await store.close();
      rmSync(folder, { recursive: true });
    },
  });
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A browser of sorts: keeps cookies, does not follow redirects, writes down what it gets. */
class Visitor {
  readonly cookies: Map<string, string> = new Map();
  readonly #site: Site;
  readonly #transcript: string[];

  constructor(site: Site, transcript: string[]) {
    this.#site = site;
    this.#transcript = transcript;
  }

  async ask(method: string, path: string, init: RequestInit = {}): Promise<Answer> {
    const headers = new Headers(init.headers);
    if (this.cookies.size > 0)
      headers.set("cookie", Array.from(this.cookies, ([name, value]) => `${name}=${value}`).join("; "));
    const response = await fetch(this.#site.server.url + path, {
      ...init,
      method,
      headers,
      redirect: "manual",
    });
    const text = await response.text();
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    this.#transcript.push(bytesOf(method, path, response, text));
    return { status: response.status, headers: response.headers, text };
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask("GET", path, { headers });
  }

  post(path: string, fields: Record<string, string> | FormData): Promise<Answer> {
    const body = fields instanceof FormData ? fields : new URLSearchParams(fields);
    return this.ask("POST", path, { body });
  }
}

/** A response as text, without what has to differ from request to request. */
function bytesOf(method: string, path: string, response: Response, text: string): string {
  const nonce = /'nonce-([^']+)'/.exec(response.headers.get("content-security-policy") ?? "")?.[1];
  const id = response.headers.get("x-request-id") ?? "-";
  const lines = Array.from(response.headers, ([name, value]) => `${name}: ${value}`)
    .filter((line) => !/^(date|last-modified|etag): /.test(line))
    .toSorted();
  const whole = [`${method} ${path}`, String(response.status), ...lines, "", text].join("\n");
  return (nonce === undefined ? whole : whole.replaceAll(nonce, "NONCE"))
    .replaceAll(id, "ID")
    .replaceAll(new URL(response.url).host, "HOST")
    .replaceAll(/formdata-undici-\d+/g, "BOUNDARY");
}

function formWith(parts: Record<string, string | { name: string; text: string }>): FormData {
  const form = new FormData();
  for (const [name, part] of Object.entries(parts)) {
    if (typeof part === "string") form.append(name, part);
    else form.append(name, new File([part.text], part.name, { type: "text/plain" }));
  }
  return form;
}

const hidden = (page: string): string => /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? "";

describe.each(WEB_WAYS)("$name", (way) => {
  let site: Site;
  const transcript: string[] = [];
  const visitor = (): Visitor => new Visitor(site, transcript);
  const sessionsIn = async (): Promise<number> =>
    (await site.store.list({ prefix: ["web", "session"] })).entries.length;
  transcripts.set(way.name, transcript);

  beforeAll(async () => {
    site = await openSite(way);
  });
  afterAll(() => site.close());

  test.each([
    ["GET", "/plain", 200, "plain & simple"],
    ["GET", "/posts/new", 200, "new"],
    ["GET", "/posts/old", 200, "show old"],
    ["POST", "/posts/new", 200, "post new"],
    ["GET", "/posts/a%20b%C3%A9", 200, "show a bé"],
    ["GET", "/posts/x/comments/7", 200, "x 7"],
    ["GET", "/posts/", 308, ""],
    ["GET", "/wild/a/b/c", 200, "rest a/b/c"],
    ["DELETE", "/any", 200, "any DELETE"],
    ["GET", "/nowhere", 404, "There is no such page."],
    ["GET", "/posts/x/comments", 404, "There is no such page."],
    ["GET", "/nil", 404, "There is no such page."],
    ["GET", "/forbidden", 403, "This is not allowed."],
    ["GET", "/teapot", 418, "I am a teapot &lt;short &amp; stout&gt;"],
    ["GET", "/path", 200, "/tags/a%20b%2Fc/d/%C3%A9"],
  ])("%s %s gives %i", async (method, path, status, text) => {
    const answer = await visitor().ask(method, path);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
  });

  test("a path with routes, but none for the method: 405 with Allow, and OPTIONS tells", async () => {
    const put = await visitor().ask("PUT", "/posts/new");
    expect([put.status, put.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS, POST"]);
    const options = await visitor().ask("OPTIONS", "/posts/x");
    expect([options.status, options.headers.get("allow")]).toEqual([204, "GET, HEAD, OPTIONS, POST"]);
    const head = await visitor().ask("HEAD", "/posts/x");
    expect([head.status, head.headers.get("content-length"), head.text]).toEqual([200, "6", ""]);
  });

  test("an error status with an empty body stays empty", async () => {
    expect(await visitor().get("/empty-404")).toMatchObject({ status: 404, text: "" });
  });

  test("middleware of a scope is around its routes only, the first outermost", async () => {
    const answer = await visitor().get("/admin/deep/x");
    expect([answer.status, answer.headers.get("location"), answer.headers.get("x-passed")]).toEqual([
      303,
      "/sign-in?next=%2Fadmin%2Fdeep%2Fx",
      "admin",
    ]);
  });

  test("a session begins with the first thing put into it", async () => {
    const before = await sessionsIn();
    const ada = visitor();
    expect((await ada.get("/get")).text).toBe("x is unset");
    expect(ada.cookies.size).toBe(0);
    expect(await sessionsIn()).toBe(before);
    const set = await ada.ask("POST", "/set", { body: "5" });
    expect(set.headers.getSetCookie()[0]).toMatch(
      /^session=token\d+\.[0-9a-f]{64}; Max-Age=1000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect(await sessionsIn()).toBe(before + 1);
    expect((await ada.get("/get")).text).toBe("x is 5");
    // Read only: nothing is written, and the cookie is not sent again.
    expect((await ada.get("/get")).headers.getSetCookie()).toEqual([]);
    await ada.ask("POST", "/unset");
    expect((await ada.get("/get")).text).toBe("x is unset");
    expect((await visitor().get("/get")).text).toBe("x is unset");
  });

  test("the store does not hold what a browser would have to send", async () => {
    const ada = visitor();
    await ada.ask("POST", "/set", { body: "5" });
    const name = (ada.cookies.get("session") ?? "").split(".")[0] ?? "?";
    for (const { key } of (await site.store.list({ prefix: ["web", "session"] })).entries)
      expect(key).not.toContain(name);
  });

  test.each<[string, (cookie: string) => string]>([
    ["a name of its own making", () => `mine.${"0".repeat(64)}`],
    ["another signature", (cookie) => `${cookie.slice(0, -1)}${cookie.endsWith("0") ? "1" : "0"}`],
    ["another name with the same signature", (cookie) => `x${cookie}`],
    ["no signature", (cookie) => cookie.split(".")[0] ?? ""],
    ["nonsense", () => "%00%ff.."],
  ])("a forged session is none: %s", async (_, forge) => {
    const ada = visitor();
    await ada.ask("POST", "/set", { body: "secret" });
    const eve = visitor();
    eve.cookies.set("session", forge(ada.cookies.get("session") ?? ""));
    expect((await eve.get("/get")).text).toBe("x is unset");
  });

  test("a session that was ended, rotated or is too old is not taken up again", async () => {
    const ada = visitor();
    await ada.ask("POST", "/set", { body: "1" });
    const first = ada.cookies.get("session") ?? "";
    const page = await ada.get("/sign-in");
    await ada.post("/sign-in", { csrf: hidden(page.text), name: "Ada" });
    const second = ada.cookies.get("session") ?? "";
    expect(second).not.toBe(first);
    expect((await ada.get("/get")).text).toBe("x is 1");
    const replay = async (cookie: string): Promise<string> => {
      const eve = visitor();
      eve.cookies.set("session", cookie);
      return (await eve.get("/")).text;
    };
    expect(await replay(first)).toContain("home of nobody");
    expect(await replay(second)).toContain("home of Ada");
    await ada.ask("POST", "/sign-out");
    expect(ada.cookies.has("session")).toBe(false);
    expect(await replay(second)).toContain("home of nobody");

    const bob = visitor();
    await bob.ask("POST", "/set", { body: "1" });
    site.now += 1001 * 1000;
    expect((await bob.get("/get")).text).toBe("x is unset");
  });

  test("a session that is used stays", async () => {
    const ada = visitor();
    await ada.ask("POST", "/set", { body: "1" });
    for (let i = 0; i < 4; i++) {
      site.now += 600 * 1000;
      expect((await ada.get("/get")).text).toBe("x is 1");
    }
  });

  test("sign in, a message shown once, the way back; and no way to another site", async () => {
    const ada = visitor();
    const page = await ada.get("/sign-in?next=%2Fadmin");
    const token = hidden(page.text);
    const answer = await ada.post("/sign-in?next=%2Fadmin", { csrf: token, name: "Ada" });
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/admin"]);
    expect((await ada.get("/")).text).toContain('<li class="info">Hello, Ada</li>');
    expect((await ada.get("/")).text).toContain("<ul></ul>");
    expect((await ada.get("/admin")).text).toBe("admin");
    const away = await ada.post("/sign-in?next=https%3A%2F%2Fevil.example", { csrf: token, name: "Ada" });
    expect(away.headers.get("location")).toBe("/");
  });

  test("a form needs a token of its session; each page has another that is good", async () => {
    const ada = visitor();
    const [one, two] = [(await ada.get("/token")).text, (await ada.get("/token")).text];
    expect(one).not.toBe(two);
    expect((await ada.post("/form", { csrf: one, a: "1" })).text).toBe('{"a":"1"}');
    expect((await ada.post("/form", { csrf: two, a: "1" })).status).toBe(200);
    expect((await ada.post("/form", { csrf: `x${two}` })).status).toBe(403);
    expect((await ada.post("/form", { a: "1" })).status).toBe(403);
    expect((await ada.post("/form", { csrf: "a.b" })).status).toBe(403);
    const header = await ada.ask("POST", "/form", {
      body: new URLSearchParams({ a: "2" }),
      headers: { "x-csrf-token": one },
    });
    expect(header.text).toBe('{"a":"2"}');
    const eve = visitor();
    expect((await eve.post("/form", { csrf: one })).status).toBe(403);
    await eve.get("/token");
    expect((await eve.post("/form", { csrf: one })).status).toBe(403);
  });

  test("forms: repeated names are lists, other types and broken ones are refused", async () => {
    const ask = (body: string, type = "application/x-www-form-urlencoded"): Promise<Answer> =>
      visitor().ask("POST", "/open-form", { body, headers: { "content-type": type } });
    expect((await ask("a=1&a=2&b=%C3%A9+x")).text).toBe('{"a":["1","2"],"b":"é x"}');
    expect((await ask("a=1", "text/plain")).status).toBe(415);
    expect((await ask("a=%zz")).status).toBeLessThan(500);
  });

  test("multipart: fields, a file, kept where the host said", async () => {
    const form = formWith({ title: "é", file: { name: "../evil/note.txt", text: "hello" } });
    const answer = await visitor().post("/upload", form);
    expect(JSON.parse(answer.text)).toEqual({
      title: "é",
      filename: "note.txt",
      type: "text/plain",
      size: 5,
      text: "hello",
    });
    expect(readFileSync(join(site.uploads, "kept", "note.txt"), "utf8")).toBe("hello");
    const hiddenFile = formWith({ file: { name: ".env", text: "x" } });
    expect((await visitor().post("/upload", hiddenFile)).status).toBe(500);
  });

  test.each<[string, () => FormData]>([
    ["a file that is too large", () => formWith({ file: { name: "a", text: "x".repeat(1001) } })],
    [
      "too many files",
      () =>
        formWith({
          a: { name: "a", text: "1" },
          b: { name: "b", text: "1" },
          file: { name: "c", text: "1" },
        }),
    ],
  ])("multipart: %s gives 413", async (_, make) => {
    expect((await visitor().post("/upload", make())).status).toBe(413);
  });

  test.each([
    [
      "without an end",
      '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\nx',
      "multipart/form-data; boundary=b",
    ],
    ["without a boundary", "--b\r\n", "multipart/form-data; charset=x"],
    ["empty", "", "multipart/form-data; boundary=b"],
    ["nonsense", "\0\0\0", "multipart/form-data; boundary=b"],
  ])("multipart %s gives 4xx", async (_, body, type) => {
    const answer = await visitor().ask("POST", "/upload", { body, headers: { "content-type": type } });
    expect([400, 415]).toContain(answer.status);
  });

  test("JSON in and out", async () => {
    const ask = (body: string, type = "application/json"): Promise<Answer> =>
      visitor().ask("POST", "/json", { body, headers: { "content-type": type } });
    const answer = await ask('{"a":[1,null,"é"]}', "application/problem+json; charset=utf-8");
    expect([answer.status, answer.headers.get("content-type"), answer.text]).toEqual([
      201,
      "application/json",
      '{"got":{"a":[1,null,"é"]}}',
    ]);
    expect((await ask("{a}")).status).toBe(400);
    expect((await ask("{}", "text/plain")).status).toBe(415);
  });

  test("cookies are safe unless the program says otherwise", async () => {
    const ada = visitor();
    const { headers } = await ada.get("/cookie");
    expect(headers.getSetCookie()).toEqual([
      "a=1%202%3B%C3%A9; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Lax",
      "b=x; Path=/cookie; SameSite=Strict",
      "c=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
    ]);
    expect((await ada.get("/cookie")).text).toBe('{:a "1 2;é" :b "x"}');
  });

  test.each([
    ["/a/b?c=d#e", "/a/b?c=d#e"],
    ["/é x", "/%C3%A9%20x"],
    ["/a/../b", "/b"],
  ])("a redirect to %s stays here", async (to, location) => {
    const answer = await visitor().get(`/leave?to=${encodeURIComponent(to)}`);
    expect([answer.status, answer.headers.get("location")]).toEqual([303, location]);
  });

  test.each([
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/.//evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "evil",
    "",
  ])("a redirect to %j is refused", async (to) => {
    const answer = await visitor().get(`/leave?to=${encodeURIComponent(to)}`);
    expect(answer.status).toBe(500);
    expect(answer.headers.get("location")).toBe(null);
  });

  test("a redirect to another site is said to be one", async () => {
    const answer = await visitor().get("/outside");
    expect([answer.status, answer.headers.get("location")]).toEqual([302, "https://example.com/%C3%A9?q=1"]);
  });

  test("basic and bearer authentication", async () => {
    const basic = (text: string): Promise<Answer> =>
      visitor().get("/basic", { authorization: `Basic ${Buffer.from(text).toString("base64")}` });
    const none = await visitor().get("/basic");
    expect([none.status, none.headers.get("www-authenticate")]).toEqual([
      401,
      'Basic realm="Tests", charset="UTF-8"',
    ]);
    expect((await basic("ada:pass:word")).text).toBe("basic ada");
    for (const wrong of ["ada:pass", "eve:pass:word", "ada"]) expect((await basic(wrong)).status).toBe(401);
    expect((await visitor().get("/basic", { authorization: "Basic ???" })).status).toBe(401);
    expect((await visitor().get("/bearer", { authorization: "bearer secret" })).text).toBe("bearer api");
    const wrong = await visitor().get("/bearer", { authorization: "Bearer x" });
    expect([wrong.status, wrong.headers.get("www-authenticate")]).toEqual([
      401,
      'Bearer error="invalid_token"',
    ]);
  });

  test("cors: the origins that were named, and no others", async () => {
    const good = await visitor().get("/cors", { origin: "https://app.example" });
    expect(Object.fromEntries(good.headers)).toMatchObject({
      "access-control-allow-origin": "https://app.example",
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "x-passed",
      vary: "Origin",
    });
    const bad = await visitor().get("/cors", { origin: "https://evil.example" });
    expect(bad.headers.get("access-control-allow-origin")).toBe(null);
    const preflight = await visitor().ask("OPTIONS", "/cors", {
      headers: { origin: "https://app.example", "access-control-request-method": "PUT" },
    });
    expect([preflight.status, preflight.headers.get("access-control-allow-methods")]).toEqual([
      204,
      "GET, POST, PUT, PATCH, DELETE",
    ]);
  });

  test("a limit on how often", async () => {
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await visitor().get("/limited")).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  test("what the client takes", async () => {
    expect((await visitor().get("/accepts", { accept: "text/html, application/*;q=0.5" })).text).toBe(
      "true true",
    );
    expect((await visitor().get("/accepts", { accept: "application/json, text/html;q=0" })).text).toBe(
      "true false",
    );
  });

  test("streams, server-sent events, deferred markup", async () => {
    expect((await visitor().get("/stream")).text).toBe("one <b>two</b> 3");
    const events = await visitor().get("/events");
    expect(events.headers.get("content-type")).toBe("text/event-stream");
    expect(events.text).toBe(
      ': connected\n\ndata: first\ndata: line\n\nevent: tick\nid: 7\ndata: {"n":1}\n\n',
    );
    expect((await visitor().get("/late")).text).toBe(
      '<!doctype html><html lang="en"><body><ul></ul><p>early</p><p>late 1</p><p>end</p></body></html>',
    );
  });

  test("a script of the page has the nonce that the policy asks for", async () => {
    const { headers, text } = await visitor().get("/nonce");
    const [, nonce = ""] = /nonce="([^"]+)"/.exec(text) ?? [];
    expect(nonce).toMatch(/^[\w-]{24}$/);
    expect(headers.get("content-security-policy")).toContain(`script-src 'self' 'nonce-${nonce}'`);
    expect((await visitor().get("/plain")).headers.get("content-security-policy")).not.toContain("nonce");
  });

  test("files of the host's folder, with ranges, and no others", async () => {
    const whole = await visitor().get("/static/a.txt");
    expect([whole.status, whole.text, whole.headers.get("cache-control")]).toEqual([
      200,
      "0123456789",
      "public, max-age=60",
    ]);
    const known = await visitor().get("/static/a.txt", { "if-none-match": whole.headers.get("etag") ?? "" });
    expect(known.status).toBe(304);
    for (const [range, status, text, content] of [
      ["bytes=2-4", 206, "234", "bytes 2-4/10"],
      ["bytes=8-", 206, "89", "bytes 8-9/10"],
      ["bytes=-3", 206, "789", "bytes 7-9/10"],
      ["bytes=5-99", 206, "56789", "bytes 5-9/10"],
      ["bytes=10-", 416, "", "bytes */10"],
      ["bytes=-0", 416, "", "bytes */10"],
      ["bytes=4-2", 200, "0123456789", null],
      ["bytes=0-1,3-4", 200, "0123456789", null],
      ["lines=1-2", 200, "0123456789", null],
    ] as const) {
      const part = await visitor().get("/static/a.txt", { range });
      expect([range, part.status, part.text, part.headers.get("content-range")]).toEqual([
        range,
        status,
        text,
        content,
      ]);
    }
    for (const path of [
      "..%2fsecret.txt",
      "%2e%2e/secret.txt",
      ".git/config",
      "none",
      "a.txt/b",
      "..%5csecret.txt",
    ])
      expect((await visitor().get(`/static/${path}`)).status).toBe(404);
  });
});

test("the bytes are the same on every tier and with every way of answering", () => {
  const [first, ...others] = Array.from(transcripts.values());
  expect(first?.length).toBeGreaterThan(100);
  for (const other of others) expect(other).toEqual(first);
});
