/** `sx repl`, fed by a pipe: then it writes values and nothing else. */
import { describe, expect, test } from "vitest";
import { isUnfinished } from "../src/commands/repl.ts";
import { sx } from "./sx.ts";

describe("sx repl", () => {
  test("keeps definitions, goes on over several lines, survives errors, shows the last value", async () => {
    const input = `(define (f x)
  (* x
     2))
(f 21)
"two
lines"
(oops)
(perform :async/sleep 20) :slept
(perform :kv/set "k" 1)
(list (perform :kv/get "k")
)
'
x
1 2 3`;
    const { stdout, stderr, code } = await sx(["repl"], { input });
    expect(stdout).toBe('42\n"two\\nlines"\n"slept"\n(1)\nx\n3\n');
    expect(stderr).toContain("error: oops is not defined");
    expect(stderr).toContain("--> repl 4:1:2");
    expect(code).toBe(0);
  });

  test("what is unfinished at the end is an error", async () => {
    const { stdout, stderr } = await sx(["repl"], { input: "(+ 1\n" });
    expect(stdout).toBe("");
    expect(stderr).toContain("expected `)`");
  });
});

describe("unfinished input", () => {
  test.each([
    ["(", true],
    ["(f [1 {:a 2", true],
    ['"abc', true],
    ["#|raw", true],
    ["'", true],
    ["#;", true],
    ["(f '", true],
    ["", false],
    ["(f)", false],
    ["; comment (", false],
    [")", false],
    ["(f]", false],
    ['("\\q"', false],
    ["(1x", false],
  ])("%j: %s", (text, unfinished) => {
    expect(isUnfinished(text)).toBe(unfinished);
  });
});
