/** What a program may ask for, and runs that are written down and told again. */
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderWith, output, start, sx } from "./sx.ts";

describe("--allow", () => {
  const run = (program: string, ...flags: string[]) =>
    sx(["eval", program, ...flags.flatMap((flag) => ["--allow", flag])]);

  test.each<[string, string[], string]>([
    ["(number? (perform :time/now))", ["time/now"], "true"],
    ['(perform :kv/set "guest/1" 5) (perform :kv/get "guest/1")', ["kv/*:guest/"], "5"],
    ['(perform :kv/set \'("a" 1 "x") 5) (perform :kv/list \'("a" 1))', ['kv/*:("a" 1)'], '((("a" 1 "x") 5))'],
    ['(kv/transaction (fn (tx) (tx :set "g/1" 1) (tx :get "g/1")))', ["kv/*:g/"], "1"],
  ])("%s with %j", async (program, grants, value) => {
    expect(await run(program, ...grants)).toEqual({ stdout: `${value}\n`, stderr: "", code: 0 });
  });

  test.each<[string, string[], string]>([
    ["(perform :time/now)", ["kv/*"], ":time/now is not granted to this program"],
    [
      '(perform :kv/get "secret")',
      ["kv/*:guest/", "time/now"],
      ':kv/get is not granted: the key "secret" is outside "guest/"',
    ],
    ['(perform :http/fetch "http://127.0.0.1:9/")', ["http/fetch:example.org"], "is outside example.org"],
  ])("%s with %j is refused", async (program, grants, message) => {
    const { code, stderr, stdout } = await run(program, ...grants);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(message);
    expect(stderr).toContain("kind: denied");
  });

  test.each<[string, string]>([
    ["tiem/now", "--allow: A grant names :tiem/now, which is no op here; did you mean :time/now?"],
    ["time/now:x", "--allow: The op :time/now cannot be narrowed"],
    ["kv/*:(foo", "--allow: kv/*:(foo"],
  ])("%s is a mistake in the call", async (grant, message) => {
    const { code, stderr } = await run("1", grant);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

test("--env and --files offer what they name", async () => {
  const cwd = folderWith({ "data/a.txt": "text", "secret.txt": "secret" });
  const flags = ["--env", "ONE", "--files", "data"];
  const value = async (program: string) =>
    sx(["eval", program, ...flags], { cwd, env: { ONE: "1", TWO: "2" } });
  expect((await value('(list (perform :env/get "ONE") (perform :files/read "a.txt"))')).stdout).toBe(
    '("1" "text")\n',
  );
  expect((await value('(perform :env/get "TWO")')).stderr).toContain("not among those that may be read");
  expect((await value('(perform :files/read "../secret.txt")')).stderr).toContain("a path is relative");
  expect(await value('(perform :files/write "b/c.txt" "new")')).toMatchObject({ code: 0 });
  expect(readFileSync(join(cwd, "data/b/c.txt"), "utf8")).toBe("new");
  expect((await sx(["eval", "1", "--files", "none"], { cwd })).stderr).toContain("there is no folder none");
  expect((await sx(["eval", '(perform :env/get "ONE")'], { cwd })).stderr).toContain(
    "Nothing handles the op :env/get",
  );
});

describe("--record and --replay", () => {
  const files = {
    "dice.sx": `
(define (roll) (perform :random/int 1000000))
(perform :console/print "at" (perform :time/now))
(perform :console/print (pmap (fn (i) (perform :async/sleep (perform :random/int 5)) (roll)) (range 20)))
(perform :kv/set "n" (set 1 2))
(perform :console/print (inspect (perform :kv/get "n")) (kv/transaction (fn (tx) (tx :set "m" (roll)) (tx :get "m"))))
(race (perform :async/sleep 1) (perform :async/sleep 100000))
(roll)`,
  };

  test("a run is told the same again, on every tier and in every way of answering", async () => {
    const cwd = folderWith(files);
    const first = await sx(["run", "dice.sx", "--print", "--record", "run.jsonl"], { cwd });
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).not.toBe((await sx(["run", "dice.sx", "--print"], { cwd })).stdout);
    for (const tier of ["vm", "cek", "jit"])
      for (const answers of ["inline", "freeze"])
        expect(
          await sx(
            ["run", "dice.sx", "--print", "--replay", "run.jsonl", "--tier", tier, "--answers", answers],
            { cwd },
          ),
        ).toEqual(first);
  });

  test("a program that has changed is told where it diverges", async () => {
    const cwd = folderWith(files);
    await sx(["run", "dice.sx", "--record", "run.jsonl"], { cwd });
    writeFileSync(join(cwd, "dice.sx"), "(perform :random/int 7)");
    const other = await sx(["run", "dice.sx", "--replay", "run.jsonl"], { cwd });
    expect(other.code).toBe(1);
    expect(other.stderr).toMatch(
      /The replay has diverged: the log has \(:time\/now\), the program asks \(:random\/int 7\)/,
    );
    writeFileSync(join(cwd, "dice.sx"), "1");
    const less = await sx(["run", "dice.sx", "--replay", "run.jsonl"], { cwd });
    expect(less).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/\d+ requests of run.jsonl were not made/),
    });
  });

  test("mistakes", async () => {
    const cwd = folderWith({ "a.sx": "1", "b.txt": "nonsense\n" });
    const run = (...flags: string[]) => sx(["run", "a.sx", ...flags], { cwd });
    expect(await run("--replay", "none")).toMatchObject({ code: 1, stderr: expect.stringContaining("none") });
    expect(await run("--replay", "b.txt")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("b.txt:1 is no line of a recording"),
    });
    expect(await run("--record", "no/such/folder/x")).toMatchObject({ code: 1 });
    expect(await run("--replay", "b.txt", "--record", "c")).toMatchObject({ code: 2 });
    expect(existsSync(join(cwd, "c"))).toBe(false);
  });
});

test("a durable fiber goes on where a killed run has left it", async () => {
  const cwd = folderWith({
    "steps.sx": `
(define (work)
  (map
    (fn (i)
      (guard (e ((= (error-kind e) "unknown") nil)) (perform :console/print "step" i))
      (perform :async/sleep 300)
      (* i i))
    (range 5)))
(perform :console/print "sum" (reduce + 0 (durable "work" work)))`,
  });
  const args = ["run", "steps.sx", "--store", "data"];
  const first = start(args, { cwd });
  const seen = await output(first, "step 1\n");
  const gone = once(first, "close");
  first.kill("SIGKILL");
  await gone;
  const second = await sx(args, { cwd });
  expect(second).toMatchObject({ code: 0, stderr: "" });
  expect(second.stdout).not.toContain("step 0");
  expect(seen + second.stdout).toContain("step 4\nsum 30\n");
  expect(await sx(args, { cwd })).toEqual({ code: 0, stderr: "", stdout: "sum 30\n" });
});
