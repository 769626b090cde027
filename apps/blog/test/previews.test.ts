/** The previews of the blog's components and pages show something, each of them, without a store. */
import { fileURLToPath } from "node:url";
import { createReloader, inProcess, noWatcher } from "@sorbus/preview-reloader";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));

test("every preview renders, with effects that are mocked", async () => {
  await using reloader = await createReloader({
    root,
    executor: inProcess(),
    watcher: noWatcher(),
    verifyAfter: false,
  });
  const session = await reloader.open("previews/blog.sx");
  expect(session.standing().error?.detail).toBeUndefined();
  const shown = new Map<string, string>();
  for (const { name } of session.previews()) {
    const { html, error } = await session.render({ preview: name });
    expect(error?.detail, name).toBeUndefined();
    shown.set(name, html ?? "");
  }
  expect(shown.size).toBeGreaterThan(12);
  expect(shown.get("Post card")).toContain('<a href="/posts/planting-a-rowan">Planting a rowan</a>');
  expect(shown.get("Home")?.match(/<article/g)).toHaveLength(3);
  expect(shown.get("Home, no posts")).toContain("There are no posts yet.");
  expect(shown.get("Posts about a tag")?.match(/<article/g)).toHaveLength(2);
  expect(shown.get("Post")).toContain("<h1>The log comes first</h1>");
  expect(shown.get("Not found")).toContain("/nowhere");
});
