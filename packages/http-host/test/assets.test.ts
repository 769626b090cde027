import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { assets } from "../src/index.ts";
import { raw, start, type TestServer } from "./support.ts";

const root = mkdtempSync(join(tmpdir(), "assets-"));
const folder = join(root, "public");
mkdirSync(join(folder, "css"), { recursive: true });
mkdirSync(join(folder, ".git"));
writeFileSync(join(folder, "css", "site.css"), "body { color: red }");
writeFileSync(join(folder, "a b é.txt"), "spaces");
writeFileSync(join(folder, "unknown.xyz"), "?");
writeFileSync(join(folder, ".env"), "SECRET=1");
writeFileSync(join(folder, ".git", "config"), "SECRET=2");
writeFileSync(join(root, "outside.txt"), "SECRET=3");
symlinkSync(join(root, "outside.txt"), join(folder, "link.txt"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const serveFolder = (maxAge?: number): Promise<TestServer> => {
  const files = assets({ folder, ...(maxAge !== undefined && { maxAge }) });
  return start(async (request) => (await files(request)) ?? { status: 404, body: "the handler's" });
};

describe("a file", () => {
  test("has its type, length and tag, and is not sent again to who has it", async () => {
    const server = await serveFolder();
    const url = `${server.url}/assets/css/site.css`;
    const response = await fetch(url);
    expect(await response.text()).toBe("body { color: red }");
    expect(response.headers.get("content-type")).toBe("text/css; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-cache");
    expect(response.headers.get("content-length")).toBe("19");
    const etag = response.headers.get("etag") ?? "";
    for (const tag of [etag, `"x", ${etag}`, "*"]) {
      const again = await fetch(url, { headers: { "if-none-match": tag } });
      expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", etag]);
    }
    expect((await fetch(url, { headers: { "if-none-match": '"other"' } })).status).toBe(200);
  });

  test("HEAD has its length, other methods are refused", async () => {
    const server = await serveFolder(60);
    const head = await raw(
      server,
      "HEAD /assets/css/site.css HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    );
    expect(head).toMatchObject({ status: 200, body: "" });
    expect(head.head).toContain("content-length: 19");
    expect(head.head).toContain("cache-control: public, max-age=60");
    const post = await fetch(`${server.url}/assets/css/site.css`, { method: "POST" });
    expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  test("names are decoded, unknown types are bytes", async () => {
    const server = await serveFolder();
    expect(await (await fetch(`${server.url}/assets/a%20b%20%C3%A9.txt`)).text()).toBe("spaces");
    expect((await fetch(`${server.url}/assets/unknown.xyz`)).headers.get("content-type")).toBe(
      "application/octet-stream",
    );
  });
});

describe("what is no file of the folder is left to the handler", () => {
  test.each([
    "/assets/",
    "/assets/css",
    "/assets/css/",
    "/assets/none.css",
    "/assets/css/site.css/deeper",
    "/assets/.env",
    "/assets/.git/config",
    "/assets/../outside.txt",
    "/assets/%2e%2e/outside.txt",
    "/assets/css/%2e%2e/%2e%2e/outside.txt",
    "/assets/..%2foutside.txt",
    "/assets/..%5coutside.txt",
    "/assets//etc/passwd",
    "/assets/link.txt",
    `/assets/${"x".repeat(300)}`,
    "/other/css/site.css",
  ])("%s", async (path) => {
    const server = await serveFolder();
    const response = await raw(server, `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect([response.status, response.body]).toEqual([404, "the handler's"]);
  });
});

test("a prefix without slashes is refused", () => {
  expect(() => assets({ folder, prefix: "/assets" })).toThrow("must begin and end with a slash");
});
