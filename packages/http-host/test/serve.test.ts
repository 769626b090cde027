/** The host with handlers in TypeScript, over real sockets. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type HostRequest, HttpError, ListenError, logTo, serve } from "../src/index.ts";
import { deferred, open, raw, start } from "./support.ts";

/** A handler that keeps what it was asked. */
function recorder(): { handler: (request: HostRequest) => { body: string }; last: () => HostRequest } {
  let last: HostRequest | undefined;
  return {
    handler: (request) => {
      last = request;
      return { body: "ok" };
    },
    last: () => {
      if (last === undefined) throw new Error("nothing was asked");
      return last;
    },
  };
}

describe("requests", () => {
  test("method, path, query and headers come decoded", async () => {
    const { handler, last } = recorder();
    const server = await start(handler);
    await fetch(`${server.url}/caf%C3%A9/a%2Fb?q=x+y&q=second&%C3%A9=%21&empty`, {
      headers: { "X-Mine": "1" },
    });
    expect(last()).toMatchObject({
      method: "GET",
      path: "/café/a%2Fb",
      queryString: "q=x+y&q=second&%C3%A9=%21&empty",
      body: null,
      ip: "127.0.0.1",
    });
    expect([...last().query]).toEqual([
      ["q", "x y"],
      ["é", "!"],
      ["empty", ""],
    ]);
    expect(last().headers.get("x-mine")).toBe("1");
  });

  test("textual bodies come as text, others as bytes", async () => {
    const { handler, last } = recorder();
    const server = await start(handler);
    const post = async (type: string, body: string | Uint8Array<ArrayBuffer>): Promise<unknown> => {
      await fetch(server.url, { method: "POST", body, headers: { "content-type": type } });
      return last().body;
    };
    expect(await post("text/plain", "héllo")).toBe("héllo");
    expect(await post("application/json; charset=utf-8", '{"a":1}')).toBe('{"a":1}');
    expect(await post("application/ld+json", "{}")).toBe("{}");
    expect(await post("application/x-www-form-urlencoded", "a=1")).toBe("a=1");
    expect(await post("application/octet-stream", "abc")).toEqual(new TextEncoder().encode("abc"));
    expect(await post("image/png", new Uint8Array([0, 255]))).toEqual(new Uint8Array([0, 255]));
    expect(
      (
        await fetch(server.url, {
          method: "POST",
          body: new Uint8Array([0xff]),
          headers: { "content-type": "text/plain" },
        })
      ).status,
    ).toBe(400);
  });

  test.each<[string, number]>([
    ["GET /%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 400],
    ["GET /a%00b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 400],
    ["BREW / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 400],
    ["PROPFIND / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 501],
    ["TRACE / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 501],
    ["GET / HTTP/1.1\r\nconnection: close\r\n\r\n", 400],
    ["hello\r\n\r\n", 400],
    ["GET http://other.example/abs?x=1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 200],
    ["OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 200],
    ["GET /../../etc/passwd HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 200],
    // Two lengths, or a length and chunks: what request smuggling is made of.
    ["POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 5\r\n\r\nabc", 400],
    ["POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400],
  ])("%j gives %i", async (text, status) => {
    const server = await start(() => ({ body: "ok" }));
    expect((await raw(server, text)).status).toBe(status);
  });
});

describe("responses", () => {
  const withHeaders = (headers: Record<string, string | string[] | null>): ReturnType<typeof start> =>
    start(() => ({ headers, body: "ok" }));

  test("text has a charset, a length and the default headers", async () => {
    const server = await start(() => ({ body: "naïve" }));
    const response = await fetch(server.url);
    expect(await response.text()).toBe("naïve");
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(response.headers.get("content-length")).toBe("6");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(response.headers.get("x-request-id")).toMatch(/^[\w-]{12}$/);
  });

  test("an answer that is no promise is sent in the turn of the request", async () => {
    let turns = 0;
    const server = await start(() => {
      setImmediate(() => turns++);
      return { body: "ok" };
    });
    expect((await fetch(server.url)).status).toBe(200);
    expect(turns).toBe(1);
  });

  test("a handler changes and removes default headers; so does the server", async () => {
    const server = await start(
      () => ({
        headers: {
          "Content-Security-Policy": null,
          "X-Content-Type-Options": "mine",
          "content-type": "text/html",
        },
        body: "",
      }),
      {
        headers: { "Referrer-Policy": null, "x-extra": "yes" },
      },
    );
    const { headers } = await fetch(server.url);
    expect(headers.get("content-security-policy")).toBe(null);
    expect(headers.get("x-content-type-options")).toBe("mine");
    expect(headers.get("referrer-policy")).toBe(null);
    expect(headers.get("x-extra")).toBe("yes");
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
  });

  test("repeated headers and cookies are lines of their own", async () => {
    const server = await start(() => ({
      headers: { link: ["<a>", "<b>"] },
      cookies: ["a=1; HttpOnly", "b=2"],
      body: "",
    }));
    const { headers } = await fetch(server.url);
    expect(headers.get("link")).toBe("<a>, <b>");
    expect(headers.getSetCookie()).toEqual(["a=1; HttpOnly", "b=2"]);
  });

  test("bytes and streams", async () => {
    const server = await start(({ path }) => ({
      body: path === "/bytes" ? new Uint8Array([1, 2]) : (new Blob(["a", "b"]).stream() as never),
    }));
    expect(new Uint8Array(await (await fetch(`${server.url}/bytes`)).arrayBuffer())).toEqual(
      new Uint8Array([1, 2]),
    );
    expect(await (await fetch(`${server.url}/stream`)).text()).toBe("ab");
  });

  test("HEAD has the headers of GET and no body", async () => {
    const server = await start(() => ({ body: "hello" }));
    const response = await raw(server, "HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    expect(response.head).toContain("content-length: 5");
    expect(response.body).toBe("");
  });

  test.each<[string, Record<string, string>]>([
    ["a line break", { "x-a": "1\r\nset-cookie: evil=1" }],
    ["a bare newline", { "x-a": "1\nx-b: 2" }],
    ["a zero byte", { "x-a": "1\0" }],
    ["a character beyond Latin-1", { location: "/☃" }],
    ["a line break in a name", { "x-a: 1\r\nx-b": "2" }],
    ["an empty name", { "": "2" }],
    ["a header of the host's", { "Content-Length": "3" }],
    ["another of the host's", { "transfer-encoding": "chunked" }],
    ["a cookie among the headers", { "set-cookie": "a=1" }],
  ])("%s is refused, and nothing of it is sent", async (_, headers) => {
    const server = await withHeaders(headers);
    const response = await raw(server, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    expect(response.status).toBe(500);
    expect(response.head).not.toMatch(/evil|x-a|x-b|a=1/);
    expect((await server.logged(({ status }) => status === 500)).error).toMatch(/header/);
  });

  test.each([
    [{ status: 99 }],
    [{ status: 600 }],
    [{ status: 200.5 }],
    [{ status: 204, body: "x" }],
    [{ status: 304, body: "x" }],
    [{ cookies: ["a=1\r\nx: y"] }],
  ])("%j is refused", async (response) => {
    const server = await start(() => response);
    expect((await fetch(server.url)).status).toBe(500);
  });

  test("204 and 304 have no body and no length", async () => {
    const server = await start(() => ({ status: 204 }));
    const response = await raw(server, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    expect(response.status).toBe(204);
    expect(response.head).not.toContain("content-length");
  });
});

describe("limits", () => {
  test("a body that is too large gives 413, announced or not", async () => {
    let asked = 0;
    const server = await start(() => ({ body: `${asked++}` }), { limits: { body: 100 } });
    const announced = await raw(
      server,
      `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 101\r\n\r\n${"x".repeat(101)}`,
    );
    const chunked = await raw(
      server,
      `POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nc8\r\n${"x".repeat(200)}\r\n`,
    );
    expect([announced.status, chunked.status]).toEqual([413, 413]);
    expect(announced.head).toContain("connection: close");
    expect(asked).toBe(0);
    expect((await fetch(server.url, { method: "POST", body: "x".repeat(100) })).status).toBe(200);
  });

  test("a head that is too large gives 431", async () => {
    const server = await start(() => ({ body: "ok" }), { limits: { head: 2000 } });
    expect(
      (await raw(server, `GET / HTTP/1.1\r\nhost: x\r\nx-long: ${"y".repeat(3000)}\r\n\r\n`)).status,
    ).toBe(431);
  });

  test("a client that does not send its whole request gives 408", async () => {
    const server = await start(() => ({ body: "ok" }), { limits: { receive: 100 } });
    expect((await raw(server, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc")).status).toBe(
      408,
    );
  });

  test("a handler that takes too long is cancelled, and the client gets 503", async () => {
    const cancelled = deferred<unknown>();
    const server = await start(
      (_, { signal }) =>
        new Promise(() => {
          signal.addEventListener("abort", () => cancelled.resolve(signal.reason));
        }),
      { limits: { time: 50 } },
    );
    expect((await fetch(server.url)).status).toBe(503);
    expect(String(await cancelled.promise)).toContain("time limit");
    expect((await server.logged(({ status }) => status === 503)).error).toContain(
      "had not answered after 50 ms",
    );
  });
});

describe("failures", () => {
  const boom = (): never => {
    throw new Error("the secret <reason>");
  };

  test.each([
    ["thrown", boom],
    ["rejected", async () => boom()],
  ])("production: %s, a plain page with the id, and a log line with the stack", async (_, handler) => {
    const server = await start(handler);
    const response = await fetch(`${server.url}/page?token=1`);
    const page = await response.text();
    expect(response.status).toBe(500);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page).not.toContain("secret");
    const entry = await server.logged(({ level }) => level === "error");
    expect(entry).toMatchObject({
      status: 500,
      method: "GET",
      path: "/page",
      error: expect.stringMatching(/the secret <reason>\n\s+at /),
    });
    expect(page).toContain(entry.id);
    expect(response.headers.get("x-request-id")).toBe(entry.id);
  });

  test("development: the page shows the report, escaped", async () => {
    const server = await start(boom, {
      development: true,
      report: (error) => `REPORT ${(error as Error).message}`,
    });
    expect(await (await fetch(server.url)).text()).toContain("<pre>REPORT the secret &lt;reason&gt;</pre>");
  });

  test("an HttpError is an answer, not a fault", async () => {
    const server = await start(() => {
      throw new HttpError(405, "Only <GET>", { allow: "GET" });
    });
    const response = await fetch(server.url, { method: "POST" });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET"]);
    expect(await response.text()).toContain("Only &lt;GET&gt;");
    expect(await server.logged(({ status }) => status === 405)).toMatchObject({ level: "info" });
  });

  test("a client that goes away cancels its request, and only its own", async () => {
    const cancelled = deferred<string>();
    const release = deferred();
    const server = await start(async ({ path }, { signal }) => {
      signal.addEventListener("abort", () => cancelled.resolve(path));
      await release.promise;
      return { body: "ok" };
    });
    const stays = fetch(`${server.url}/stays`);
    const socket = open(server);
    socket.write("GET /leaves HTTP/1.1\r\nhost: x\r\n\r\n");
    while (server.active < 2) await new Promise(setImmediate);
    socket.destroy();
    expect(await cancelled.promise).toBe("/leaves");
    release.resolve();
    expect((await stays).status).toBe(200);
    expect(await server.logged(({ path }) => path === "/leaves")).toMatchObject({
      status: 499,
      aborted: true,
      level: "info",
    });
    expect(server.active).toBe(0);
  });
});

describe("ending", () => {
  test("requests under way are finished, new ones not taken, connections not kept", async () => {
    const release = deferred();
    const server = await start(
      async () => {
        await release.promise;
        return { body: "done" };
      },
      { drain: 60_000 },
    );
    const pending = fetch(server.url);
    while (server.active === 0) await new Promise(setImmediate);
    let closed = false;
    const closing = server.close().then(() => (closed = true));
    await expect(fetch(server.url)).rejects.toThrow();
    expect(closed).toBe(false);
    release.resolve();
    const response = await pending;
    expect(await response.text()).toBe("done");
    expect(response.headers.get("connection")).toBe("close");
    await closing;
    await server.close();
  });

  test("what does not end in time is cancelled, then cut off", async () => {
    const cancelled = deferred();
    const server = await start(
      (_, { signal }) =>
        new Promise(() => {
          signal.addEventListener("abort", () => cancelled.resolve());
        }),
      { drain: 20 },
    );
    const pending = fetch(server.url);
    pending.catch(() => {});
    while (server.active === 0) await new Promise(setImmediate);
    await server.close();
    await cancelled.promise;
    await expect(pending).rejects.toThrow();
  });

  test("/healthz says whether it serves", async () => {
    const server = await start(() => ({ status: 404 }));
    const response = await fetch(`${server.url}/healthz`);
    expect([response.status, await response.text()]).toEqual([200, "ok\n"]);
  });
});

describe("starting", () => {
  const failure = (options: { port: number; hostname?: string }): Promise<unknown> =>
    serve({ handler: () => ({}), log: () => {}, ...options }).then(
      () => "it started",
      (error: unknown) => error,
    );

  test("a port in use", async () => {
    const { port } = await start(() => ({}));
    const error = await failure({ port });
    expect(error).toBeInstanceOf(ListenError);
    expect(error).toMatchObject({
      code: "EADDRINUSE",
      message: `Port ${port} is in use: stop the program that uses it, or choose another port`,
    });
  });

  test("no address, no port", async () => {
    expect(await failure({ port: 0, hostname: "192.0.2.1" })).toMatchObject({
      message: expect.stringContaining("is not an address of this machine"),
    });
    for (const port of [70_000, -1, 1.5, Number.NaN]) {
      expect(await failure({ port })).toMatchObject({
        name: "ListenError",
        message: expect.stringContaining("is not a port"),
      });
    }
  });

  test("only this machine can connect, unless told otherwise", async () => {
    const server = await start(() => ({ body: "ok" }));
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
  });
});

describe("log", () => {
  const entry = {
    time: "2026-01-02T03:04:05.678Z",
    level: "error",
    id: "abc",
    method: "GET",
    path: "/x",
    status: 500,
    ms: 1.25,
    error: "Error: no\n at f",
  } as const;
  const lines = (isTTY: boolean): string[] => {
    const out: string[] = [];
    logTo({ isTTY, write: (line: string | Uint8Array) => out.push(String(line)) > 0 })(entry);
    return out;
  };

  test("JSON, one line, to machines", () => {
    const [line = "", ...rest] = lines(false);
    expect(rest).toEqual([]);
    expect(line.match(/\n/g)).toHaveLength(1);
    expect(JSON.parse(line)).toEqual(entry);
  });

  test("readable to people", () => {
    // biome-ignore lint/complexity/useRegexLiterals: an escape character in a literal is an error
    const [line = ""] = lines(true).map((l) => l.replace(new RegExp("\x1b\\[\\d+m", "g"), ""));
    expect(line).toBe("03:04:05 500 GET /x 1.3 ms [abc]\n    Error: no\n     at f\n");
  });
});

test("ten thousand requests wait at once in one process", async () => {
  const count = 10_000;
  const all = deferred();
  let waiting = 0;
  const server = await start(async () => {
    if (++waiting === count) all.resolve();
    await all.promise;
    return { body: "ok" };
  });
  // Another process, since both ends of ten thousand connections are too many for one.
  const client = spawn(
    process.execPath,
    [fileURLToPath(new URL("./programs/crowd.mjs", import.meta.url)), String(server.port), String(count)],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let out = "";
  client.stdout.on("data", (chunk) => (out += chunk));
  await new Promise((resolve) => client.once("close", resolve));
  expect(JSON.parse(out)).toEqual({ 200: count });
});
