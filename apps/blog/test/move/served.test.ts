/** What was moved in, as readers meet it, and while readers are there. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { open } from "@sorbus/durable-kv";
import { expect, test } from "vitest";
import { startBlog } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";
import { exportJson } from "../../src/move/archive.ts";
import { readMoving } from "../../src/move/read.ts";
import { writeMoving } from "../../src/move/write.ts";
import { fixture, tempFolder } from "./support.ts";

test("posts, redirects from old addresses, and pictures, moved in while the blog is served", async () => {
  const data = join(tempFolder(), "data");
  await using blog = await startBlog(readConfig({ PORT: "0", BLOG_DATA: data }), () => {});
  const get = (path: string): Promise<Response> => fetch(blog.server.url + path, { redirect: "manual" });
  expect((await get("/posts/harbour-days")).status).toBe(404);
  {
    // As another process would: a store of its own over the same folder.
    await using store = await open({ url: `sqlite:${data}` });
    await writeMoving(store, readMoving(fixture("wordpress.xml"), undefined, fixture("uploads")));
  }
  const text = await (await get("/posts/harbour-days")).text();
  expect(text).toContain("<h1>Harbour days &amp; nights</h1>");
  const [, picture = ""] = /src="(\/files\/harbour-[0-9a-f]+\.png)"/.exec(text) ?? [];
  const file = await get(picture);
  expect(file.headers.get("content-type")).toBe("image/png");
  expect(file.headers.get("content-security-policy")).toContain("sandbox");
  expect(
    Buffer.from(await file.arrayBuffer())
      .subarray(1, 4)
      .toString(),
  ).toBe("PNG");
  for (const old of ["/2019/05/harbour-days/", "/2019/05/harbour-days"]) {
    const moved = await get(old);
    expect([moved.status, moved.headers.get("location")]).toEqual([301, "/posts/harbour-days"]);
  }
  expect((await get(`/2019/05/${encodeURIComponent("море")}/`)).headers.get("location")).toBe("/posts/more");
  expect((await get("/2019/05/nothing")).status).toBe(404);
  expect((await get("/posts/a-draft")).status).toBe(404);
  expect(await (await get("/feed.xml")).text()).toContain("Harbour days");
});

test("an export is of its moment, whatever is written meanwhile: each post in it is whole", async () => {
  const data = join(tempFolder(), "data");
  await using store = await open({ url: `sqlite:${data}` });
  await writeMoving(store, readMoving(fixture("hugo")));
  const file = join(tempFolder(), "blog.json");
  const writes = writeMoving(store, readMoving(fixture("wordpress.xml")));
  await Promise.all([exportJson(store, file), writes]);
  const { posts } = readMoving(file);
  for (const { post } of posts)
    expect(post).toMatchObject({ title: expect.any(String), text: expect.any(String) });
});

test("the process says how far it is, and ends with the report", async () => {
  const data = join(tempFolder(), "data");
  const cli = new URL("../../src/cli.ts", import.meta.url).pathname;
  const child = spawn(
    process.execPath,
    ["--import", "tsx", "--conditions=@sorbus/source", cli, "import", fixture("jekyll"), "--data", data],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const [code] = await once(child, "close");
  expect(code).toBe(0);
  expect(err).toMatch(/jekyll: 4 posts \(jekyll\)\nimported 4 of 4 posts\n$/);
  expect(out).toMatch(/^4 new, 0 updated, 0 unchanged, 0 skipped, 1 picture\n {2}changed {2}_posts/);
});
