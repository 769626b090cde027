/** The examples that are served, over HTTP; `tools/house` runs all of them. */
import { copyFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { folderWith, output, result, start } from "./sx.ts";

const examples = fileURLToPath(new URL("../../../examples", import.meta.url));

async function served(
  args: string[],
  use: (url: string) => Promise<void>,
  cwd: string = examples,
): Promise<void> {
  const child = start(["serve", ...args, "--port", "0"], { cwd });
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

test("api.sx: notes are written, read, changed and removed", async () => {
  await served(["api.sx"], async (url) => {
    const ask = async (method: string, path: string, body?: unknown): Promise<[number, unknown]> => {
      const response = await fetch(url + path, {
        method,
        ...(body !== undefined && {
          body: JSON.stringify(body),
          headers: { "content-type": "application/json" },
        }),
      });
      const text = await response.text();
      return [response.status, response.ok && text !== "" ? JSON.parse(text) : null];
    };
    const [status, note] = await ask("POST", "/notes", { title: "Rowan", text: "red", evil: 1 });
    expect([status, note]).toMatchObject([201, { title: "Rowan", text: "red", id: expect.any(String) }]);
    expect(note).not.toHaveProperty("evil");
    const path = `/notes/${(note as { id: string }).id}`;
    expect(await ask("PUT", path, { title: "Ash" })).toMatchObject([200, { title: "Ash", text: "red" }]);
    expect(await ask("GET", "/notes")).toMatchObject([200, [{ title: "Ash" }]]);
    expect(await ask("POST", "/notes", { title: 5 })).toEqual([422, null]);
    expect(await ask("PATCH", path)).toEqual([405, null]);
    expect(await ask("DELETE", path)).toEqual([204, null]);
    expect(await ask("GET", path)).toEqual([404, null]);
  });
});

test("chat.sx: what one says the other hears", async () => {
  await served(["chat.sx"], async (url) => {
    const page = await fetch(url);
    const [, nonce] = /nonce="([^"]+)"/.exec(await page.text()) ?? [];
    expect(page.headers.get("content-security-policy")).toContain(`'nonce-${nonce}'`);
    const join = async (name: string): Promise<{ heard: string[]; socket: WebSocket }> => {
      const socket = new WebSocket(`${url.replace("http", "ws")}/talk`);
      const heard: string[] = [];
      socket.addEventListener("message", ({ data }) => heard.push(String(data)));
      await new Promise((resolve) => socket.addEventListener("open", resolve));
      socket.send(name);
      while (heard.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
      return { heard, socket };
    };
    const ada = await join("Ada");
    const bob = await join("Bob");
    bob.socket.send("<b>hello</b>");
    while (ada.heard.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    bob.socket.close();
    while (ada.heard.length < 5) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(ada.heard).toEqual([
      "What is your name?",
      "Ada has come",
      "Bob has come",
      "Bob: <b>hello</b>",
      "Bob has gone",
    ]);
    ada.socket.close();
  });
});

test("long-poll.sx: who waits is answered when there is news", async () => {
  await served(["long-poll.sx"], async (url) => {
    const since = (n: number): Promise<unknown> =>
      fetch(`${url}/news?since=${n}`).then((response) => response.json());
    const tell = (line: string): Promise<number> =>
      fetch(`${url}/news`, { method: "POST", body: line }).then(({ status }) => status);
    // The program has told itself one thing when it was loaded.
    const waiting = [since(1), since(1)];
    expect(await tell("second")).toBe(201);
    expect(await Promise.all(waiting)).toEqual([[{ n: 2, line: "second" }], [{ n: 2, line: "second" }]]);
    expect(await since(0)).toHaveLength(2);
    expect(await tell(" ")).toBe(400);
  });
});

test("upload.sx: a picture is kept and shown; what only says that it is one is not", async () => {
  const cwd = folderWith({});
  copyFileSync(join(examples, "upload.sx"), join(cwd, "upload.sx"));
  await served(
    ["upload.sx", "--store", "data"],
    async (url) => {
      let cookie = "";
      const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
        const response = await fetch(url + path, { ...init, headers: { cookie }, redirect: "manual" });
        const [line] = response.headers.getSetCookie();
        if (line !== undefined) cookie = line.split(";")[0] ?? "";
        return response;
      };
      const send = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> => {
        const page = await (await ask("/")).text();
        const form = new FormData();
        form.set("csrf", /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? "");
        form.set("about", "A rowan & its berries");
        form.set("picture", new File([bytes], "../rowan.png", { type: "image/png" }));
        expect((await ask("/pictures", { method: "POST", body: form })).status).toBe(303);
        return (await ask("/")).text();
      };
      expect(await send(new TextEncoder().encode("<script>"))).toContain("That is no picture.");
      const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]);
      const page = await send(png);
      expect(page).toContain("Thank you.");
      expect(page).toContain('alt="A rowan &amp; its berries"');
      const [, src = ""] = /<img src="([^"]+)"/.exec(page) ?? [];
      const picture = await ask(src);
      expect(picture.headers.get("content-type")).toBe("image/png");
      expect(new Uint8Array(await picture.arrayBuffer())).toEqual(png);
      expect(await (await ask("/")).text()).not.toContain("Thank you.");
      expect(readdirSync(join(cwd, "uploads"))).toEqual([src.replace("/pictures/", "")]);
    },
    cwd,
  );
});
