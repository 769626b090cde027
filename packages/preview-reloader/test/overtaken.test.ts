/** A save that changes nothing, while what the save before it changed is being rendered. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createReloader, inProcess, noWatcher } from "../src/index.ts";

const root = mkdtempSync(join(tmpdir(), "overtaken-"));
afterAll(() => rmSync(root, { recursive: true }));

test("the view that it overtook is shown all the same, and who waits for it is told of that", async () => {
  const file = join(root, "slow.sx");
  const program = (text: string): string => `(preview "Slow" (p "${text}" (perform :test/slow)))`;
  const asked: (() => void)[] = [];
  let slow = false;
  await using reloader = await createReloader({
    root,
    executor: inProcess(),
    watcher: noWatcher(),
    ops: [
      {
        name: "test/slow",
        params: "",
        purity: "read",
        handler: () => (slow ? new Promise<null>((resolve) => asked.push(() => resolve(null))) : null),
      },
    ],
  });
  writeFileSync(file, program("one"));
  const session = await reloader.open("slow.sx");
  const shown: (string | undefined)[] = [];
  session.on("reload", (_record, view) => shown.push(view.html));
  slow = true;
  writeFileSync(file, program("two"));
  const first = session.changed([file]);
  await expect.poll(() => asked.length).toBe(1);
  const second = session.changed([file]);
  await expect.poll(() => asked.length).toBe(2);
  for (const answer of asked) answer();
  const records = await Promise.all([first, second]);
  expect(records.map(({ status }) => status)).toEqual(["done", "done"]);
  await session.caughtUp();
  expect(shown).toEqual(["<p>two</p>"]);
});
