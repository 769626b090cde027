/** Links between the documents of this repository lead somewhere: to a file, and to a heading in it. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
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
  const text = readFileSync(path, "utf8");
  const links = [
    ...withoutCode(text)
      .replace(/`[^`\n]*`/g, "``")
      .matchAll(/\]\(([^)\s]+)\)/g),
  ];
  return links.flatMap(([, link = ""]) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? path : resolve(dirname(path), file);
    if (!existsSync(target)) return [`${link}: there is no such file`];
    if (anchor === undefined) return [];
    if (statSync(target).isDirectory()) return [`${link}: an anchor in a folder`];
    return anchors(readFileSync(target, "utf8")).has(anchor) ? [] : [`${link}: there is no such heading`];
  });
}

test.each(documents(root).map((path) => [relative(root, path), path] as const))("%s", (_, path) => {
  expect(broken(path)).toEqual([]);
});
