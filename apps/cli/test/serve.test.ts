/** `sx serve` with newer versions of a program and several processes, and `sx run` of programs that serve. */
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { folderWith, output, result, start, sx } from "./sx.ts";

interface Served {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: ReturnType<typeof result>;
  readonly url: string;
}

async function serving(args: string[], cwd: string, command?: readonly string[]): Promise<Served> {
  const child = start(args, { cwd, ...(command !== undefined && { command }) });
  const ended = result(child);
  const url = /http:\/\/[\d.]+:\d+/.exec(await output(child, "http://127.0.0.1:"))?.[0] ?? "";
  return { child, ended, url };
}

const page = (url: string): Promise<string> => fetch(url).then((response) => response.text());

async function until(url: string, wanted: string): Promise<void> {
  while ((await page(url)) !== wanted) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function written(child: ChildProcessWithoutNullStreams, wanted: string): Promise<void> {
  let text = "";
  await new Promise<void>((resolve) => {
    child.stderr.on("data", (more: string) => {
      text += more;
      if (text.includes(wanted)) resolve();
    });
  });
}

test("--watch takes up what is saved, and goes on with what was there when that is broken", async () => {
  const cwd = folderWith({
    "app.sx": '(import "./text.sx") (define (handler r) text)',
    "text.sx": '(define text "one")',
  });
  const { child, ended, url } = await serving(["serve", "app.sx", "--port", "0", "--watch"], cwd);
  expect(await page(url)).toBe("one");
  writeFileSync(join(cwd, "text.sx"), '(define text "two")');
  await until(url, "two");
  const told = written(child, "the program from before goes on");
  writeFileSync(join(cwd, "text.sx"), '(define text "three"');
  await told;
  expect(await page(url)).toBe("two");
  child.kill("SIGTERM");
  const { code, stderr } = await ended;
  expect(code).toBe(0);
  expect(stderr).toContain("--> text.sx:1:1");
});

test("--workers share a port and a store; SIGHUP reaches all of them", async () => {
  const text = (version: string): string =>
    `(import "@sorbus/http-host/web.sx")
     (define handler
       (router
         (GET "/" (fn (request) "${version}"))
         (POST "/" (fn (request) (perform :kv/set (get request :body) true) "ok"))
         (GET "/:key" (fn (request) (str (perform :kv/get (path-param request :key)))))))`;
  const cwd = folderWith({ "app.sx": text("one") });
  const { child, ended, url } = await serving(
    ["serve", "app.sx", "--port", "0", "--workers", "2", "--store", "data"],
    cwd,
  );
  expect(await page(url)).toBe("one");
  await fetch(url, { method: "POST", body: "a" });
  for (let i = 0; i < 10; i++) expect(await page(`${url}/a`)).toBe("true");
  writeFileSync(join(cwd, "app.sx"), text("two"));
  child.kill("SIGHUP");
  await until(url, "two");
  child.kill("SIGTERM");
  expect(await ended).toMatchObject({ code: 0, stderr: "" });
});

test("workers without a store are refused; so is a program without a handler", async () => {
  const cwd = folderWith({ "app.sx": "(fn (request) nil)", "none.sx": "5" });
  expect(await sx(["serve", "app.sx", "--workers", "2"], { cwd })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--workers needs --store"),
  });
  const none = await sx(["serve", "none.sx", "--workers", "2", "--store", "data", "--port", "0"], { cwd });
  expect(none.code).toBe(1);
  expect(none.stderr).toContain("none.sx gives no handler");
});

const SERVER = `(import "@sorbus/http-host/web.sx")
(define server (perform :http/listen (router (GET "/" (fn (request) "hello"))) {:port 0}))
(perform :console/print (get server :url))`;

test("sx run: a program that starts a server goes on until it is asked to end", async () => {
  const { child, ended, url } = await serving(["run", "app.sx"], folderWith({ "app.sx": SERVER }));
  expect(await page(url)).toBe("hello");
  child.kill("SIGTERM");
  expect((await ended).code).toBe(0);
});

test("sx run: a program that closes its server ends; a port in use is a condition", async () => {
  const cwd = folderWith({
    "app.sx": `${SERVER}
(perform :console/print (get (perform :http/fetch (get server :url)) :body))
(guard (e (true (perform :console/print (error-message e))))
  (perform :http/listen (fn (request) nil) {:port (get server :port)}))
(perform :http/close server)`,
  });
  const { code, stdout } = await sx(["run", "app.sx"], { cwd });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^http:\S+\n(.*\n)?hello\nPort \d+ is in use/m);
});

test("the built command brings the framework along", async () => {
  const dist = mkdtempSync(join(tmpdir(), "sx-built-"));
  try {
    const build = fileURLToPath(new URL("../build.ts", import.meta.url));
    execFileSync(process.execPath, ["--conditions=@sorbus/source", build, dist]);
    const command = [process.execPath, join(dist, "sx.js")];
    const { child, ended, url } = await serving(["run", "app.sx"], folderWith({ "app.sx": SERVER }), command);
    expect(await page(url)).toBe("hello");
    child.kill("SIGTERM");
    expect((await ended).code).toBe(0);
    const limited = `(import "@sorbus/http-host/web.sx")
      (define handler (-> (router (GET "/" (fn (request) "in"))) ((rate-limit "a" :points 1 :seconds 60))))`;
    const site = await serving(
      ["serve", "app.sx", "--port", "0"],
      folderWith({ "app.sx": limited }),
      command,
    );
    expect([(await fetch(site.url)).status, (await fetch(site.url)).status]).toEqual([200, 429]);
    site.child.kill("SIGTERM");
    expect((await site.ended).code).toBe(0);
  } finally {
    rmSync(dist, { recursive: true, force: true });
  }
});
