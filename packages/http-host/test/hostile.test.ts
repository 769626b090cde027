/**
 * What hostile clients send, each with the status that it gets, and a server that goes on serving. Sessions that are
 * forged, redirects that lead away and broken forms are in web.test.ts.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { createRuntime } from "sorbus";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type AppServer, httpOps, type LogEntry, serveApp } from "../src/index.ts";
import { open, raw } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "hostile-"));
const logs: LogEntry[] = [];
let server: AppServer;

async function app(limits: Parameters<typeof serveApp>[0]["limits"] = {}): Promise<AppServer> {
  const runtime = createRuntime({ ops: httpOps() });
  await runtime.eval(
    `(import "@sorbus/http-host/web.sx")
     (define app
       (router
         (GET "/" (fn (request) "alive"))
         (POST "/" (fn (request) (str "got " (len (or (get request :body) "")))))
         (ANY "/echo" (fn (request) (str (get request :method) " " (get request :path))))
         (GET "/static/**" (fn (request) (static-file (path-param request "**"))))
         (GET "/header" (fn (request) (with-header "x" "x-name" (get-in request '("query" "v")))))
         (GET "/name" (fn (request) (with-header "x" (get-in request '("query" "v")) "1")))
         (GET "/cookie" (fn (request) (with-cookie "x" (get-in request '("query" "n")) (get-in request '("query" "v")))))
         (GET "/path" (fn (request) (with-cookie "x" "n" "v" :path (get-in request '("query" "v")))))
         (GET "/download" (fn (request) (with-header "x" "content-disposition" (str "attachment; filename=" (get-in request '("query" "v"))))))
         (POST "/form" (fn (request) (json-response (form-of request :csrf false))))))`,
    { file: import.meta.filename },
  );
  return serveApp({
    runtime,
    app: runtime.global("app"),
    port: 0,
    drain: 100,
    files: join(folder, "public"),
    limits,
    log: (entry) => logs.push(entry),
  });
}

beforeAll(async () => {
  mkdirSync(join(folder, "public"));
  writeFileSync(join(folder, "public", "a.txt"), "public");
  writeFileSync(join(folder, "secret.txt"), "SECRET");
  server = await app({ receiveHead: 400, receive: 800, connections: 20_000 });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  expect(await (await fetch(server.url)).text()).toBe("alive");
});

/** The statuses of all responses on a connection, in order. */
async function statuses(text: string | Buffer): Promise<number[]> {
  const answer = await raw(server, text);
  const whole = `${answer.head}\r\n\r\n${answer.body}`;
  return Array.from(whole.matchAll(/^http\/1\.1 (\d{3})/gim), ([, status]) => Number(status));
}

const SMUGGLED = "GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n";

describe("request smuggling", () => {
  test.each<[string, string]>([
    [
      "a length and chunks",
      `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    [
      "two lengths",
      `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\ncontent-length: 36\r\n\r\n${SMUGGLED}`,
    ],
    ["a list of lengths", `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0, 36\r\n\r\n${SMUGGLED}`],
    ["a length with a sign", `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: +5\r\n\r\nhello${SMUGGLED}`],
    ["a negative length", `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n${SMUGGLED}`],
    ["a length in hexadecimal", `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0x5\r\n\r\nhello${SMUGGLED}`],
    [
      "a coding that is not the last",
      `POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    [
      "an unknown coding",
      `POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    [
      "two codings",
      `POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ntransfer-encoding: x\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    [
      "a space before the colon",
      `POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding : chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    [
      "a folded header",
      `POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    ["lines that end with LF", `GET / HTTP/1.1\nhost: x\n\n${SMUGGLED}`],
    ["a CR in the middle of a line", `GET / HTTP/1.1\r\nhost: x\r\nx: a\rb\r\n\r\n${SMUGGLED}`],
    [
      "a chunk whose size is none",
      `POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n\r\n${SMUGGLED}`,
    ],
    [
      "a chunk longer than its size",
      `POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n${SMUGGLED}`,
    ],
  ])("%s: 400, and nothing after it is heard", async (_, text) => {
    logs.length = 0;
    expect(await statuses(text)).toEqual([400]);
    expect(logs.filter(({ path }) => path === "/smuggled")).toEqual([]);
  });
});

describe("what is no request", () => {
  test.each<[string, string | Buffer]>([
    ["nonsense", "hello there\r\n\r\n"],
    ["bytes", Buffer.from([0, 255, 1, 2, 13, 10, 13, 10])],
    ["TLS", Buffer.from([0x16, 3, 1, 0, 100, 1, 0, 0, 96, 3, 3])],
    ["no host", "GET / HTTP/1.1\r\n\r\n"],
    ["a version that is none", "GET / HTTP/9.9\r\nhost: x\r\n\r\n"],
    ["a zero byte in a header", "GET / HTTP/1.1\r\nhost: x\r\nx: a\0b\r\n\r\n"],
    ["a header without a name", "GET / HTTP/1.1\r\nhost: x\r\n: a\r\n\r\n"],
    ["a space in the address", "GET /a b HTTP/1.1\r\nhost: x\r\n\r\n"],
    ["bad percent-encoding", "GET /%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"],
    ["percent-encoding that is no UTF-8", "GET /%ff HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"],
    ["an encoded zero byte", "GET /%00 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"],
    ["an absolute address that is none", "GET http://[ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"],
  ])("%s: 400", async (_, text) => {
    expect(await statuses(text)).toEqual([400]);
  });

  test("an unknown method: 501, one that no parser knows: 400", async () => {
    expect(await statuses("PROPFIND / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).toEqual([501]);
    expect(await statuses("BREW / HTTP/1.1\r\nhost: x\r\n\r\n")).toEqual([400]);
  });

  test("two addresses that look like one are one", async () => {
    const answer = await raw(
      server,
      "GET http://elsewhere.example/echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    );
    expect(answer).toMatchObject({ status: 200, body: "GET /echo" });
  });
});

describe("too much", () => {
  const get = (path: string, headers = ""): string =>
    `GET ${path} HTTP/1.1\r\nhost: x\r\n${headers}connection: close\r\n\r\n`;
  test.each<[string, string, number]>([
    ["a long address", get(`/${"a".repeat(9000)}`), 414],
    ["an endless address", get(`/${"a".repeat(20_000)}`), 431],
    ["a long header", get("/", `x: ${"a".repeat(20_000)}\r\n`), 431],
    ["a long cookie", get("/", `cookie: a=${"a".repeat(20_000)}\r\n`), 431],
    ["very many headers", get("/", Array.from({ length: 3000 }, (_, i) => `x${i}: 1\r\n`).join("")), 431],
    ["a body that is announced", "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\nx", 413],
  ])("%s: %i", async (_, text, status) => {
    expect(await statuses(text)).toEqual([status]);
  });

  test("a body of chunks without an end: 413", async () => {
    const socket = open(server);
    let answer = "";
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.on("data", (chunk) => (answer += chunk));
    socket.on("error", () => {});
    socket.write("POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    const chunk = `8000\r\n${"x".repeat(0x8000)}\r\n`;
    const more = (): void => {
      if (!socket.destroyed && socket.writable) socket.write(chunk, more);
    };
    more();
    await closed;
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  test("many small cookies and parameters do not hurt", async () => {
    const many = Array.from({ length: 1000 }, (_, i) => `c${i}=1`);
    const answer = await fetch(`${server.url}/echo?${many.join("&")}`, {
      headers: { cookie: many.join("; ") },
    });
    expect(answer.status).toBe(200);
  });
});

describe("too slow", () => {
  const trickle = async (head: string): Promise<string> => {
    const socket = open(server);
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk));
    socket.on("error", () => {});
    socket.write(head);
    const timer = setInterval(() => {
      if (socket.writable) socket.write("a");
    }, 50);
    await new Promise((resolve) => socket.on("close", resolve));
    clearInterval(timer);
    return answer;
  };
  test("a head that never ends: 408", async () => {
    expect(await trickle("GET / HTTP/1.1\r\nhost: x\r\nx: ")).toMatch(/^HTTP\/1\.1 408 /);
  });
  test("a body that never ends: 408", async () => {
    expect(await trickle("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n")).toMatch(
      /^HTTP\/1\.1 4\d\d /,
    );
  });
});

describe("connections", () => {
  test("ten thousand that do nothing are held, then sent away", { timeout: 180_000 }, async () => {
    const patient = await app({ receiveHead: 10_000 });
    const script = fileURLToPath(new URL("./programs/idle.mjs", import.meta.url));
    const child = spawn(process.execPath, [script, String(patient.port), "10000"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      said.push(line);
      // Meanwhile others are served.
      if (line === "open") expect(await (await fetch(patient.url)).text()).toBe("alive");
    }
    expect(said).toEqual(["open", '{"HTTP/1.1 408 Request Timeout":10000}']);
    await patient.close();
  });

  test("more than there may be are dropped, the others served", async () => {
    const small = await app({ connections: 3, receiveHead: 60_000 });
    const held = Array.from({ length: 3 }, () => connect(small.port, "127.0.0.1"));
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.on("connect", resolve))));
    while (small.counters.dropped === 0) {
      const extra = connect(small.port, "127.0.0.1").on("error", () => {});
      await new Promise((resolve) => extra.on("close", resolve));
    }
    const [first] = held;
    const answer = new Promise<string>((resolve) => first?.once("data", (chunk) => resolve(String(chunk))));
    first?.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
    for (const socket of held) socket.destroy();
    await small.close();
  });

  test("a client that leaves in the middle of its body", async () => {
    const aborted = server.counters.aborted;
    const socket = open(server);
    socket.write(
      "POST /form HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 1000\r\n\r\n--b\r\ncontent-disposition: form-data; name=f; filename=a\r\n\r\nxx",
    );
    await new Promise((resolve) => socket.write("x", resolve));
    await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    while (server.counters.aborted === aborted) await new Promise((resolve) => setTimeout(resolve, 5));
  });
});

describe("out of the folder", () => {
  test.each([
    "/static/../secret.txt",
    "/static/..%2fsecret.txt",
    "/static/%2e%2e/secret.txt",
    "/static/%2e%2e%2fsecret.txt",
    "/static/..%5csecret.txt",
    "/static/..%c0%afsecret.txt",
    "/static//etc/passwd",
    "/static/%2fetc%2fpasswd",
    "/static/a.txt/../../secret.txt",
    "/static/....//secret.txt",
    "/../secret.txt",
  ])("%s", async (path) => {
    const answer = await raw(server, `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect([400, 404]).toContain(answer.status);
    expect(answer.body).not.toMatch(/SECRET|root:/);
  });
});

describe("headers from what a client sent", () => {
  test.each([
    "/header?v=a%0d%0ax-evil:%201",
    "/header?v=a%0ax-evil:%201",
    "/header?v=a%0dx-evil:%201",
    "/header?v=a%00b",
    "/header?v=%E4%B8%AD",
    "/name?v=a%0d%0ax-evil:%201",
    "/name?v=transfer-encoding",
    "/name?v=content-length",
    "/name?v=",
    "/cookie?n=a%0d%0ax-evil:%201&v=1",
    "/cookie?n=a%3b&v=1",
    "/path?v=/%0d%0ax-evil:%201",
    "/path?v=/;%20domain=evil.example",
    "/download?v=a%0d%0a%0d%0a<script>",
  ])("%s is an error, and nothing of it is sent", async (path) => {
    const answer = await raw(server, `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(answer.status).toBe(500);
    expect(answer.head).not.toContain("evil");
  });

  test("a cookie's value is encoded", async () => {
    const { headers } = await fetch(`${server.url}/cookie?n=a&v=1%0d%0ax-evil:%202;%20x`);
    expect(headers.getSetCookie()[0]).toMatch(/^a=1%0D%0Ax-evil%3A%202%3B%20x; /);
    expect(headers.get("x-evil")).toBe(null);
  });
});

describe("from other sites", () => {
  const post = (headers: Record<string, string>): Promise<number> =>
    raw(
      server,
      `POST / HTTP/1.1\r\nhost: site.example\r\nconnection: close\r\ncontent-length: 0\r\n${Object.entries(
        headers,
      )
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join("")}\r\n`,
    ).then(({ status }) => status);
  test.each<[Record<string, string>, number]>([
    [{ "sec-fetch-site": "cross-site", origin: "https://evil.example" }, 403],
    [{ "sec-fetch-site": "same-site", origin: "https://other.site.example" }, 403],
    [{ "sec-fetch-site": "cross-site" }, 403],
    [{ origin: "https://evil.example" }, 403],
    [{ origin: "http://site.example.evil.example" }, 403],
    [{ origin: "http://site.example:81" }, 403],
    [{ origin: "null" }, 403],
    [{ "sec-fetch-site": "same-origin", origin: "http://site.example" }, 200],
    [{ "sec-fetch-site": "none" }, 200],
    [{ origin: "http://site.example" }, 200],
    [{ origin: "https://site.example" }, 200],
    [{}, 200],
  ])("%o: %i", async (headers, status) => {
    expect(await post(headers)).toBe(status);
  });

  test("reading is allowed", async () => {
    const answer = await fetch(server.url, { headers: { origin: "https://evil.example" } });
    expect(answer.status).toBe(200);
  });
});

/** Set for longer runs: `HTTP_FUZZ_MINUTES=60`. */
const fuzzTime = Number(process.env.HTTP_FUZZ_MINUTES ?? 0.25) * 60_000;

test("whatever comes, the answer is a status or the end of the connection", {
  timeout: fuzzTime + 60_000,
}, async () => {
  const token = fc.string({ unit: "binary-ascii", maxLength: 30 });
  const target = fc.oneof(
    fc.webPath(),
    fc.constantFrom("/", "*", "/static/..%2f", "//x", "/%", "/?%=&&", "/form", "/echo?a=%u1"),
    token,
  );
  const header = fc.tuple(
    fc.oneof(
      fc.constantFrom(
        "host",
        "content-length",
        "transfer-encoding",
        "content-type",
        "cookie",
        "range",
        "if-none-match",
        "if-modified-since",
        "accept-encoding",
        "expect",
        "connection",
        "upgrade",
        "origin",
        "x-forwarded-for",
      ),
      token,
    ),
    fc.oneof(
      fc.constantFrom(
        "x",
        "5",
        "0",
        "chunked",
        "close",
        "100-continue",
        "websocket",
        "upgrade",
        "multipart/form-data; boundary=b",
        "application/x-www-form-urlencoded",
        "br;q=1, gzip;q=0, *;q=x",
        "bytes=0-0",
        "a=b; c",
      ),
      token,
    ),
  );
  const request = fc
    .record({
      method: fc.oneof(fc.constantFrom("GET", "POST", "HEAD", "OPTIONS", "PUT", "CONNECT", "TRACE"), token),
      target,
      version: fc.constantFrom("HTTP/1.1", "HTTP/1.0", "HTTP/2.0", ""),
      headers: fc.array(header, { maxLength: 8 }),
      host: fc.boolean(),
      newline: fc.constantFrom("\r\n", "\r\n", "\r\n", "\n"),
      body: fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constant(Buffer.from("--b\r\n\r\nhello"))),
    })
    .map(({ method, target, version, headers, host, newline, body }) =>
      Buffer.concat([
        Buffer.from(
          [
            `${method} ${target} ${version}`,
            ...(host ? ["host: x"] : []),
            ...headers.map(([name, value]) => `${name}: ${value}`),
            "",
            "",
          ].join(newline),
          "latin1",
        ),
        body,
      ]),
    );
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 3 }), async (requests) => {
      const before = logs.length;
      const answer = await new Promise<string>((resolve) => {
        const socket = open(server);
        let text = "";
        socket.setEncoding("latin1");
        socket.on("data", (chunk: string) => (text += chunk));
        socket.on("error", () => {});
        socket.on("close", () => resolve(text));
        socket.end(Buffer.concat(requests));
      });
      if (answer !== "") expect(answer).toMatch(/^HTTP\/1\.1 [1-5]\d\d /);
      // Nothing that a client sends is a fault of the host.
      expect(
        logs
          .slice(before)
          .filter(({ error }) => error !== undefined && !error.startsWith("The handler had not")),
      ).toEqual([]);
    }),
    { numRuns: 1_000_000, interruptAfterTimeLimit: fuzzTime, markInterruptAsFailure: false },
  );
});
