/** Links to a heading of a document lead to one. (That the files are there is checked in tools/house.) */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const skipped = new Set(["node_modules", "dist", ".git", "content", "out"]);

function documents(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return documents(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, "");

/** As GitHub makes them. */
function anchors(text: string): Set<string> {
  return new Set(
    [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

function broken(path: string): string[] {
  const text = withoutCode(readFileSync(path, "utf8")).replace(/`[^`\n]*`/g, "``");
  return [...text.matchAll(/\]\(([^)\s#:]*)#([^)\s]+)\)/g)].flatMap(([link, file = "", anchor = ""]) => {
    const target = file === "" ? path : resolve(dirname(path), file);
    if (!existsSync(target)) return [];
    return anchors(readFileSync(target, "utf8")).has(anchor) ? [] : [`${link}: there is no such heading`];
  });
}

test.each(documents(root).map((path) => [relative(root, path), path] as const))("%s", (_, path) => {
  expect(broken(path)).toEqual([]);
});
