/** Several processes, one folder. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { open } from "../src/index.ts";
import { finished, start } from "./programs.ts";

const root = mkdtempSync(join(tmpdir(), "kv-processes-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("kill -9 at any moment loses nothing acknowledged and leaves no half atomic", async () => {
  const folder = join(root, "killed");
  let acknowledged = 0;
  for (let round = 0; round < 20; round++) {
    const child = start("writer", [folder, String(round)]);
    let out = "";
    let err = "";
    child.stderr?.on("data", (chunk) => (err += chunk));
    child.stdout?.on("data", (chunk) => {
      // Somewhere between its first acknowledgement and some hundreds.
      if (out === "") setTimeout(() => child.kill("SIGKILL"), Math.random() * 120);
      out += chunk;
    });
    await new Promise((resolve) => child.once("close", resolve));
    expect(err).toBe("");
    const numbers = out.split("\n").slice(0, -1).map(Number);
    expect(numbers.length).toBeGreaterThan(0);
    acknowledged += numbers.length;

    const store = await open({ url: `sqlite:${folder}` });
    const parts = new Map<number, string[]>();
    for (const { key, value } of (
      await store.list<{ mine: number; filler: string }>({ prefix: ["w", round] })
    ).entries) {
      const [, , mine, part] = key as [string, number, number, string];
      expect(value.mine).toBe(mine);
      parts.set(mine, [...(parts.get(mine) ?? []), part]);
    }
    for (const n of numbers)
      expect(parts.has(n), `commit ${n} of round ${round} was acknowledged`).toBe(true);
    for (const [n, found] of parts) expect(found, `commit ${n} of round ${round}`).toEqual(["a", "b", "c"]);
    expect((await store.get(["count", round]))?.value).toBe(parts.size);
    await store.close();
  }
  expect(acknowledged).toBeGreaterThan(100);
});

describe("two processes that write", () => {
  test("both finish, lose no update, and a third sees every change", async () => {
    const folder = join(root, "shared");
    const times = 150;
    const store = await open({ url: `sqlite:${folder}` });
    const seen = new Map<string, number>();
    const controller = new AbortController();
    const watching = (async () => {
      for await (const changes of store.watch({ prefix: ["by"] }, { signal: controller.signal })) {
        if (changes === "resync") throw new Error("the log is long enough");
        for (const { key } of changes) seen.set(String(key[1]), (seen.get(String(key[1])) ?? 0) + 1);
        if ([...seen.values()].reduce((a, b) => a + b) === 2 * times) controller.abort();
      }
    })();
    const children = ["one", "two"].map((name) => finished(start("adder", [folder, name, String(times)])));
    await Promise.all(children);
    await watching;
    expect((await store.get(["counter"]))?.value).toBe(2 * times);
    expect(Object.fromEntries(seen)).toEqual({ one: times, two: times });
    await store.close();
  });

  test("many may create and open one new folder at once", async () => {
    const folder = join(root, "race");
    const outputs = await Promise.all(Array.from({ length: 5 }, () => finished(start("opener", [folder]))));
    expect(outputs).toEqual(Array(5).fill("ok\n"));
  });
});

describe("the process that commits for all", () => {
  async function committing(folder: string): Promise<ReturnType<typeof start>> {
    const child = start("writer", [folder, "0"]);
    // It has acknowledged something, so it is elected.
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    child.stdout?.resume();
    return child;
  }

  test("is killed: named commits of others happen, and happen once", async () => {
    const folder = join(root, "committer-killed");
    const child = await committing(folder);
    const store = await open({ url: `sqlite:${folder}` });
    const ended = new Promise((resolve) => child.once("close", resolve));
    await Promise.all(
      Array.from({ length: 4 }, async (_, who) => {
        for (let i = 0; i < 40; i++) {
          if (who === 0 && i === 10) child.kill("SIGKILL");
          const result = await store
            .atomic({ txnId: `${who}:${i}` })
            .add(["n"], 1)
            .set(["by", who, i], true)
            .commit();
          expect(result.ok).toBe(true);
        }
      }),
    );
    await ended;
    expect((await store.get(["n"]))?.value).toBe(160);
    expect((await store.list({ prefix: ["by"] })).entries).toHaveLength(160);
    await store.close();
  });

  test("is killed: a commit without a name is there or not, and its caller knows that it does not know", async () => {
    const folder = join(root, "committer-killed-unnamed");
    const child = await committing(folder);
    const store = await open({ url: `sqlite:${folder}` });
    const ended = new Promise((resolve) => child.once("close", resolve));
    for (let i = 0; i < 60; i++) {
      if (i === 20) child.kill("SIGKILL");
      const result = await store.atomic().add(["n"], 1).commit();
      expect(result.ok).toBe(true);
    }
    await ended;
    expect((await store.get<number>(["n"]))?.value).toBe(60);
    await store.close();
  });

  test("closes in order: nothing of others is in doubt", async () => {
    const folder = join(root, "committer-closed");
    const first = await open({ url: `sqlite:${folder}` });
    await first.set(["elected"], 1);
    const children = ["one", "two"].map((name) => finished(start("adder", [folder, name, "60"])));
    const watch = first.watch({ prefix: ["by"] })[Symbol.asyncIterator]();
    await watch.next();
    await first.close();
    // `finished` throws if either was told of a doubt.
    await Promise.all(children);
    const again = await open({ url: `sqlite:${folder}` });
    expect((await again.get(["counter"]))?.value).toBe(120);
    await again.close();
  });
});

test("a process that only reads and writes once ends by itself, with no warning printed", async () => {
  // `finished` throws on anything in stderr.
  expect(await finished(start("opener", [join(root, "plain")]))).toBe("ok\n");
});
