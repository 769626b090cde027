/** The blog in development: what is saved is served with the next request, and a mistake leaves what was served. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LiveReload } from "@sorbus/preview-reloader";
import { expect, test } from "vitest";
import { developBlog, toldReload } from "../src/develop.ts";

const blogFolder = fileURLToPath(new URL("../", import.meta.url));

test("save, look, break, look, mend, look", async () => {
  const root = mkdtempSync(join(tmpdir(), "blog-develop-"));
  for (const folder of ["src", "theme"]) {
    cpSync(join(blogFolder, folder), join(root, folder), {
      recursive: true,
      filter: (path) => !path.endsWith(".ts"),
    });
  }
  const theme = join(root, "theme/theme.sx");
  const original = readFileSync(theme, "utf8");
  const config = {
    port: 0,
    host: "127.0.0.1",
    store: `sqlite:${join(root, "data")}`,
    url: undefined,
    development: true,
  };
  const told: LiveReload[] = [];
  try {
    await using blog = await developBlog(
      config,
      (each) => told.push(each),
      () => {},
      join(root, "src/blog.sx"),
    );
    const home = async (): Promise<string> => (await fetch(blog.server.url)).text();
    const save = async (text: string): Promise<LiveReload> => {
      const before = told.length;
      writeFileSync(theme, text);
      await expect.poll(() => told.length, { timeout: 20_000 }).toBeGreaterThan(before);
      return told.at(-1) as LiveReload;
    };
    expect(await home()).toContain("Skip to content");
    const literal = await save(original.replace("Skip to content", "Go to what is written"));
    expect(literal).toMatchObject({ status: "done", tier: "literal" });
    expect(toldReload(literal)).toMatch(/^theme\.sx: literal, [\d.]+ ms$/);
    expect(await home()).toContain("Go to what is written");
    const broken = await save("(define");
    expect(broken).toMatchObject({ status: "failed", error: { code: "read" } });
    expect(toldReload(broken)).toContain("the program before goes on");
    expect(await home()).toContain("Go to what is written");
    await save(
      original.replace(
        "(time :datetime iso (long-date iso))",
        "(time :datetime iso (upper (long-date iso)))",
      ),
    );
    expect(await home()).toMatch(/<time datetime="[\d-]+">\d+ [A-Z]+ \d+<\/time>/);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
