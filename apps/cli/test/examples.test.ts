/** The examples that are served, over HTTP; `tools/house` runs all of them. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { folderWith, output, result, start } from "./sx.ts";

const examples = fileURLToPath(new URL("../../../examples", import.meta.url));

async function served(args: string[], use: (url: string) => Promise<void>): Promise<void> {
  const child = start(["serve", ...args, "--port", "0"], { cwd: examples });
  const ended = result(child);
  const url = /http:\/\/[\d.]+:\d+/.exec(await output(child, "http://127.0.0.1:"))?.[0] ?? "";
  await use(url);
  child.kill("SIGTERM");
  expect(await ended).toMatchObject({ code: 0, stderr: "" });
}

test("server.sx: what is signed is shown, safely, and is still there after a restart", async () => {
  const data = join(folderWith({}), "guests");
  const sign = (url: string, body: string): Promise<Response> =>
    fetch(`${url}/sign`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body,
      redirect: "manual",
    });
  await served(["server.sx", "--store", data], async (url) => {
    const response = await sign(url, "name=Ada+%3Cb%3E");
    expect([response.status, response.headers.get("location")]).toEqual([303, "/"]);
    expect((await sign(url, "name=+")).status).toBe(400);
    expect((await fetch(`${url}/nowhere`)).status).toBe(404);
  });
  await served(["server.sx", "--store", data], async (url) => {
    const page = await (await fetch(url)).text();
    expect(page).toMatch(/^<!doctype html><html lang="en">/);
    expect(page).toContain("<ul><li>Ada &lt;b&gt; was here</li></ul>");
  });
  rmSync(data, { recursive: true });
});

test("page.sx", async () => {
  await served(["page.sx"], async (url) => {
    expect(await (await fetch(`${url}/?name=Bob`)).text()).toContain("<h2>For Bob</h2>");
  });
});
