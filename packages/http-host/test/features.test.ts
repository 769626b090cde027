/** What the host does around a handler: streams, WebSockets, compression, conditions, proxies, traces, readiness. */
import { brotliDecompressSync, createGunzip, gunzipSync } from "node:zlib";
import { context, propagation, trace } from "@opentelemetry/api";
import { sleepOps } from "@sorbus/io-resolver/sleep";
import { createRuntime } from "sorbus";
import { describe, expect, test } from "vitest";
import { httpOps, openTelemetry, type ServeAppOptions, serveApp } from "../src/index.ts";
import { deferred, open, raw, start, type TestServer, watched } from "./support.ts";

async function app(
  text: string,
  ops: Record<string, (...args: unknown[]) => unknown> = {},
  options: Partial<ServeAppOptions> = {},
): Promise<TestServer> {
  const runtime = createRuntime({
    ops: [
      ...httpOps(),
      ...sleepOps(),
      ...Object.entries(ops).map(([name, f]) => ({
        name,
        purity: "write" as const,
        handler: (args: readonly unknown[]) => f(...args),
      })),
    ],
  });
  await runtime.eval(`(import "@sorbus/http-host/web.sx")\n${text}`, { file: import.meta.filename });
  return watched((log) =>
    serveApp({ runtime, app: runtime.global("app"), port: 0, drain: 200, log, ...options }),
  );
}

/** Reads a body piece by piece. */
async function pieces(response: Response): Promise<() => Promise<string | undefined>> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  return async () => {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    return done ? undefined : decoder.decode(value, { stream: true });
  };
}

describe("streams", () => {
  test("what stands before a deferred part is sent while the part waits", async () => {
    const gate = deferred<string>();
    const server = await app('(define (app request) (div "early" (defer (b (perform :gate))) "late"))', {
      gate: () => gate.promise,
    });
    const next = await pieces(await fetch(server.url));
    expect(await next()).toBe("<div>early");
    gate.resolve("in between");
    expect(await next()).toBe("<b>in between</b>");
    expect(await next()).toBe("late</div>");
    expect(await next()).toBe(undefined);
  });

  test("the head is sent at once, however long the body takes", async () => {
    const gate = deferred<string>();
    const server = await app("(define (app request) (streamed (fn (emit) (emit (perform :gate)))))", {
      gate: () => gate.promise,
    });
    const response = await fetch(server.url);
    expect(response.status).toBe(200);
    gate.resolve("body");
    expect(await response.text()).toBe("body");
  });

  test("a fault in the middle is logged, and cuts the response off", async () => {
    const server = await app('(define (app request) (div "early" (defer (error "no such part"))))');
    const response = await fetch(server.url);
    await expect(response.text()).rejects.toThrow();
    const entry = await server.logged(({ error }) => error !== undefined);
    expect(entry).toMatchObject({ status: 200, error: expect.stringContaining("no such part") });
  });

  test("a client that goes away cancels the fiber, and its afters run", async () => {
    const left = deferred();
    const server = await app(
      `(define (app request)
         (streamed
           (fn (emit)
             (dynamic-wind
               (fn () nil)
               (fn () (let loop () (emit "tick") (perform :async/sleep 1) (loop)))
               (fn () (perform :left))))))`,
      { left: () => left.resolve() },
    );
    const socket = open(server);
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    await new Promise((resolve) => socket.once("data", resolve));
    socket.destroy();
    await left.promise;
    expect(await server.logged(({ aborted }) => aborted === true)).toMatchObject({ status: 499 });
  });

  test("a slow client slows the program down", async () => {
    let emitted = 0;
    const server = await app(
      '(define piece (repeat "x" 65536)) (define (app request) (streamed (fn (emit) (dotimes (i 400) (perform :count) (emit piece)))))',
      { count: () => void emitted++ },
    );
    const socket = open(server);
    socket.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    socket.pause();
    // Nothing is read: after what fits into buffers the program waits.
    let before = -1;
    while (before !== emitted || emitted === 0) {
      before = emitted;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(emitted).toBeLessThan(400);
    let size = 0;
    socket.on("data", (chunk) => (size += chunk.length)).resume();
    await new Promise((resolve) => socket.on("close", resolve));
    expect(emitted).toBe(400);
    expect(size).toBeGreaterThan(400 * 65536);
  });

  test("server-sent events have a heartbeat", async () => {
    const server = await app(
      '(define (app request) (event-stream (fn (send) (perform :async/sleep 60) (send "end")) :heartbeat 10))',
    );
    expect(await (await fetch(server.url)).text()).toMatch(/^: connected\n\n(:\n\n)+data: end\n\n$/);
  });
});

describe("WebSockets", () => {
  const CHAT = `(define (app request)
    (if (= (get request :path) "/closed")
      {:status 403}
      (websocket
        (fn (socket)
          (perform :ws/subscribe socket "room")
          (perform :ws/send socket "welcome")
          (let loop ()
            (let [message (perform :ws/receive socket)]
              (cond
                ((nil? message) (perform :left))
                ((= message "close") (perform :ws/close socket 4000 "as you wish"))
                ((= message "fail") (error "no such message"))
                ((bytes? message) (perform :ws/send socket message) (loop))
                (else (perform :ws/publish socket "room" message) (loop)))))))))`;

  async function connected(
    server: TestServer,
    path = "/",
  ): Promise<{ socket: WebSocket; next(): Promise<unknown> }> {
    const socket = new WebSocket(server.url.replace("http", "ws") + path);
    socket.binaryType = "arraybuffer";
    const waiting: ((value: unknown) => void)[] = [];
    const arrived: unknown[] = [];
    socket.addEventListener("message", ({ data }) => {
      const waiter = waiting.shift();
      if (waiter === undefined) arrived.push(data);
      else waiter(data);
    });
    const next = (): Promise<unknown> =>
      arrived.length > 0 ? Promise.resolve(arrived.shift()) : new Promise((resolve) => waiting.push(resolve));
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", reject);
    });
    return { socket, next };
  }

  test("a fiber for each: what one says the others hear; the program learns of the end", async () => {
    const left = deferred();
    const server = await app(CHAT, { left: () => left.resolve() });
    const [ada, bob] = [await connected(server), await connected(server)];
    expect([await ada.next(), await bob.next()]).toEqual(["welcome", "welcome"]);
    ada.socket.send("hello");
    expect(await bob.next()).toBe("hello");
    bob.socket.send(new Uint8Array([1, 2, 3]));
    expect(new Uint8Array((await bob.next()) as ArrayBuffer)).toEqual(new Uint8Array([1, 2, 3]));
    ada.socket.close();
    await left.promise;
    const closed = new Promise<CloseEvent>((resolve) => bob.socket.addEventListener("close", resolve));
    bob.socket.send("close");
    expect(await closed).toMatchObject({ code: 4000, reason: "as you wish" });
    expect(await server.logged(({ status }) => status === 101)).toMatchObject({ method: "GET", path: "/" });
    expect(server.counters.sockets).toBe(2);
  });

  test("a fault closes the socket, and is logged", async () => {
    const server = await app(CHAT);
    const { socket } = await connected(server);
    const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener("close", resolve));
    socket.send("fail");
    expect(await closed).toMatchObject({ code: 1011 });
    expect((await server.logged(({ level }) => level === "error")).error).toContain("no such message");
  });

  test("the program may refuse; a page of another site is refused; what is no WebSocket is told so", async () => {
    const server = await app(CHAT);
    const upgrade = (path: string, origin: string): string =>
      `GET ${path} HTTP/1.1\r\nhost: x\r\norigin: ${origin}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
    expect((await raw(server, upgrade("/closed", "http://x"))).status).toBe(403);
    expect((await raw(server, upgrade("/", "https://evil.example"))).status).toBe(403);
    const plain = await fetch(server.url);
    expect([plain.status, plain.headers.get("upgrade")]).toEqual([426, null]);
    expect(
      (await raw(server, "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n"))
        .status,
    ).toBeGreaterThanOrEqual(400);
  });

  test("closing the server closes them", async () => {
    const server = await app(CHAT, { left: () => {} });
    const { socket } = await connected(server);
    const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener("close", resolve));
    await server.close();
    expect(await closed).toMatchObject({ code: 1001 });
  });

  test("messages that are too large, and too many of them, end it", async () => {
    const server = await app(
      "(define (app request) (websocket (fn (socket) (perform :async/sleep 100000))))",
      {},
      { limits: { message: 1000 } },
    );
    const one = await connected(server);
    const closed = new Promise<CloseEvent>((resolve) => one.socket.addEventListener("close", resolve));
    one.socket.send("x".repeat(1001));
    expect(await closed).toMatchObject({ code: 1009 });
    const two = await connected(server);
    const over = new Promise<CloseEvent>((resolve) => two.socket.addEventListener("close", resolve));
    for (let i = 0; i < 1100; i++) two.socket.send("x");
    expect(await over).toMatchObject({ code: 1008 });
  });
});

describe("compression", () => {
  const page = `<p>${"hello ".repeat(1000)}</p>`;
  const TEXT = `(define (app request)
    (case (get request :path)
      ("/small" "small")
      ("/bytes" {:body (string->bytes (repeat "x" 5000))})
      ("/stream" (streamed (fn (emit) (emit "first ") (perform :gate) (emit "second"))))
      (else (p (repeat "hello " 1000)))))`;
  const get = async (
    server: TestServer,
    path: string,
    encoding: string,
  ): Promise<[string | undefined, Buffer]> => {
    const answer = await new Promise<Buffer>((resolve) => {
      const chunks: Buffer[] = [];
      const socket = open(server);
      socket
        .on("data", (chunk) => chunks.push(chunk as Buffer))
        .on("close", () => resolve(Buffer.concat(chunks)));
      socket.write(`GET ${path} HTTP/1.0\r\nhost: x\r\naccept-encoding: ${encoding}\r\n\r\n`);
    });
    const end = answer.indexOf("\r\n\r\n");
    const [, found] = /^content-encoding: (.*)$/im.exec(answer.subarray(0, end).toString()) ?? [];
    return [found?.trim(), answer.subarray(end + 4)];
  };

  test.each([
    ["br", "br"],
    ["gzip, br", "br"],
    ["gzip", "gzip"],
    ["br;q=0, gzip;q=0.5", "gzip"],
    ["*", "br"],
    ["identity", undefined],
    ["br;q=0, *;q=0", undefined],
    ["deflate", undefined],
    ["", undefined],
  ])("accept-encoding: %s", async (accept, expected) => {
    const [encoding, body] = await get(await app(TEXT), "/", accept);
    expect(encoding).toBe(expected);
    const text =
      encoding === "br" ? brotliDecompressSync(body) : encoding === "gzip" ? gunzipSync(body) : body;
    expect(text.toString()).toBe(page);
  });

  test("what is small, or of a type that does not gain, is sent as it is", async () => {
    const server = await app(TEXT);
    expect((await get(server, "/small", "br"))[0]).toBe(undefined);
    expect((await get(server, "/bytes", "br"))[0]).toBe(undefined);
    expect((await fetch(server.url)).headers.get("vary")).toBe("Accept-Encoding");
    const off = await app(TEXT, {}, { compression: false });
    expect((await get(off, "/", "br"))[0]).toBe(undefined);
  });

  test("a stream's pieces are seen as they are made", async () => {
    const gate = deferred();
    const server = await app(TEXT, { gate: () => gate.promise });
    const socket = open(server);
    const gunzip = createGunzip();
    let head = "";
    socket.on("data", (data) => {
      const chunk = data as Buffer;
      const end = head === "" ? chunk.indexOf("\r\n\r\n") + 4 : 0;
      if (head === "") head = chunk.subarray(0, end).toString();
      if (chunk.length > end) gunzip.write(chunk.subarray(end));
    });
    socket.on("end", () => gunzip.end());
    const next = (): Promise<string> =>
      new Promise((resolve) => gunzip.once("data", (data) => resolve(String(data))));
    const first = next();
    // Without chunks, so that the bytes are the compressor's own.
    socket.write("GET /stream HTTP/1.0\r\nhost: x\r\naccept-encoding: gzip\r\n\r\n");
    expect(await first).toBe("first ");
    expect(head).toContain("content-encoding: gzip");
    const second = next();
    gate.resolve();
    expect(await second).toBe("second");
  });
});

describe("conditional requests", () => {
  test("a page has a tag; who has the page is not sent it again", async () => {
    let text = "x".repeat(2000);
    const server = await app("(define (app request) (p (perform :text)))", { text: () => text });
    const first = await fetch(server.url);
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^W\/"/);
    const again = await fetch(server.url, { headers: { "if-none-match": etag } });
    expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", etag]);
    expect(again.headers.get("content-security-policy")).toBe(null);
    text += "!";
    expect((await fetch(server.url, { headers: { "if-none-match": etag } })).status).toBe(200);
  });

  test.each<[Record<string, string>, number]>([
    [{ "if-none-match": '"v1"' }, 304],
    [{ "if-none-match": 'W/"v1", "v2"' }, 304],
    [{ "if-none-match": "*" }, 304],
    [{ "if-none-match": '"v2"' }, 200],
    [{ "if-modified-since": "Wed, 01 Jan 2025 00:00:00 GMT" }, 304],
    [{ "if-modified-since": "Tue, 31 Dec 2024 23:59:59 GMT" }, 200],
    [{ "if-modified-since": "nonsense" }, 200],
    [{ "if-none-match": '"v2"', "if-modified-since": "Wed, 01 Jan 2025 00:00:00 GMT" }, 200],
  ])("a program's own tag and date, asked with %o", async (headers, status) => {
    const server = await app(
      '(define (app request) {:headers {:etag "\\"v1\\"" :last-modified "Wed, 01 Jan 2025 00:00:00 GMT"} :body "x"})',
    );
    expect((await fetch(server.url, { headers })).status).toBe(status);
    expect((await fetch(server.url, { headers, method: "DELETE" })).status).toBe(200);
  });
});

describe("proxies", () => {
  const SHOW = '(define (app request) (str (get request :ip) " " (get request :origin)))';
  const headers = { "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https" };
  test("what they say counts only if they are trusted", async () => {
    const none = await app(SHOW);
    expect(await (await fetch(none.url, { headers })).text()).toBe(`127.0.0.1 ${none.url}`);
    const loopback = await app(SHOW, {}, { trustedProxies: "loopback" });
    expect(await (await fetch(loopback.url, { headers })).text()).toBe(
      `203.0.113.7 ${loopback.url.replace("http", "https")}`,
    );
    const other = await app(SHOW, {}, { trustedProxies: ["192.0.2.1"] });
    expect(await (await fetch(other.url, { headers })).text()).toBe(`127.0.0.1 ${other.url}`);
  });
});

describe("limits of a request", () => {
  test("steps and memory end it with 503; the next is served", async () => {
    const text = `(define (spin) (spin)) (define (grow xs) (grow (cons (repeat "x" 1000) xs)))
      (define (app request) (case (get request :path) ("/spin" (spin)) ("/grow" (grow '())) (else "fine")))`;
    const server = await app(text, {}, { steps: 100_000, memory: 20_000_000 });
    for (const path of ["/spin", "/grow"]) {
      expect((await fetch(server.url + path)).status).toBe(503);
      expect((await server.logged((entry) => entry.path === path)).error).toContain("limit");
    }
    expect(await (await fetch(server.url)).text()).toBe("fine");
  });
});

test("the log and the counters say what a request has cost", async () => {
  const server = await app(
    '(define (app request) (do (perform :quick) (perform :quick) (perform :slow) (str "done")))',
    { quick: () => 1, slow: () => new Promise((resolve) => setImmediate(() => resolve(2))) },
  );
  await (await fetch(server.url)).text();
  expect(await server.logged(() => true)).toMatchObject({ effects: 3, waits: 1, status: 200 });
  expect(server.counters).toMatchObject({ requests: 1, effects: 3, suspensions: 1, aborted: 0 });
  expect(server.counters.statuses["2xx"]).toBe(1);
});

test("/healthz: it lives; /readyz: it can serve", async () => {
  let ready = false;
  const server = await start(() => ({ body: "x" }), { ready: () => Promise.resolve(ready) });
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
  ready = true;
  expect(await (await fetch(`${server.url}/readyz`)).text()).toBe("ok\n");
});

test("OpenTelemetry: a span for each request, which continues the caller's trace", async () => {
  interface Span {
    name: string;
    attributes: Record<string, unknown>;
    parent: unknown;
    ended: boolean;
    status?: unknown;
  }
  const spans: Span[] = [];
  const within: unknown[] = [];
  // The real API with a tracer of this test's: what an SDK would register.
  const api = {
    context,
    propagation: {
      extract: (from: ReturnType<typeof context.active>, carrier: unknown) => from.setValue(KEY, carrier),
    },
    trace: {
      setSpan: trace.setSpan.bind(trace),
      getTracer: () => ({
        startSpan: (
          name: string,
          options: { attributes: Record<string, string> },
          parent: ReturnType<typeof context.active>,
        ) => {
          const span: Span = {
            name,
            attributes: { ...options.attributes },
            parent: parent.getValue(KEY),
            ended: false,
          };
          spans.push(span);
          return Object.assign(trace.wrapSpanContext({ traceId: "0", spanId: "0", traceFlags: 0 }), {
            setAttribute: (key: string, value: unknown) => {
              span.attributes[key] = value;
            },
            setStatus: (status: unknown) => {
              span.status = status;
            },
            end: () => {
              span.ended = true;
            },
          });
        },
      }),
    },
  };
  expect(openTelemetry({ context, propagation, trace })).toBeDefined();
  const server = await start(
    ({ path }) => {
      within.push(path);
      if (path === "/bad") throw new Error("broken");
      return { body: "x" };
    },
    { tracing: openTelemetry(api as unknown as Parameters<typeof openTelemetry>[0]) },
  );
  await (await fetch(`${server.url}/good?secret=1`, { headers: { traceparent: "00-abc" } })).text();
  await (await fetch(`${server.url}/bad`)).text();
  await server.logged(({ path }) => path === "/bad");
  expect(spans).toMatchObject([
    {
      name: "GET",
      ended: true,
      parent: { traceparent: "00-abc" },
      attributes: { "http.request.method": "GET", "url.path": "/good", "http.response.status_code": 200 },
    },
    { ended: true, status: { code: 2 }, attributes: { "http.response.status_code": 500 } },
  ]);
});

const KEY = Symbol("carrier");
