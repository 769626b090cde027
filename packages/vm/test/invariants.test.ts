/**
 * NO-HOST-FRAMES, as far as it can be read off the sources: what cannot reach the machine cannot call an SX
 * function, one loop runs all instructions and is entered at one place, and nothing in here waits.
 */
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { primitives } from "../src/index.ts";

const root = new URL("../src/", import.meta.url);
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .map((name) => name.replaceAll("\\", "/"))
  // The embedded prelude is SX, in strings.
  .filter((name) => name.endsWith(".ts") && name !== "prelude/definitions.ts");
const code = (name: string): string =>
  readFileSync(new URL(name, root), "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");

/** The files of this package that `name` needs at run time. */
function imports(name: string): string[] {
  return [...code(name).matchAll(/^(?:import|export) (?!type\b)[^;]*?from "(\.[^"]+)";/gm)].map(
    ([, path = ""]) => posix.join(posix.dirname(name), path),
  );
}

function reachable(from: readonly string[]): Set<string> {
  const seen = new Set(from);
  for (const name of seen) for (const next of imports(name)) seen.add(next);
  return seen;
}

describe("NO-HOST-FRAMES", () => {
  test("no primitive, element or heap operation reaches the machine", () => {
    const start = files.filter((name) => /^(?:primitives|markup|heap)\//.test(name));
    expect(start.length).toBeGreaterThan(40);
    expect([...reachable(start)].filter((name) => name.startsWith("machine/"))).toEqual([]);
  });

  test("the machine reaches the primitives, so the question was not empty", () => {
    expect([...reachable(["machine/machine.ts"])].some((name) => name.startsWith("primitives/"))).toBe(true);
  });

  test("one loop runs instructions, and it is entered at one place", () => {
    const entries = files.flatMap((name) =>
      [...code(name).matchAll(/(?<!function )\bdispatch\(/g)].map(() => name),
    );
    expect(entries).toEqual(["machine/thread.ts"]);
    const runs = files.filter((name) => /\.run\(/.test(code(name)) && name.startsWith("machine/"));
    expect(runs).toEqual(["machine/tasks.ts"]);
  });

  test("nothing waits: no promise, no generator, no async function", () => {
    const waiting = /\basync (?:function|\()|\bawait [a-z(]|\bnew Promise\b|\bPromise\.|\bfunction\*/;
    expect(files.filter((name) => waiting.test(code(name)))).toEqual([]);
  });

  test("functions that take functions are not among the primitives", () => {
    const higher = [
      "map",
      "filter",
      "reduce",
      "sort",
      "for-each",
      "some",
      "find",
      "apply",
      "update",
      "memoize",
    ];
    expect(higher.filter((name) => primitives.has(name))).toEqual([]);
  });
});
