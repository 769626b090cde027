/** A symbol is the one of its name, and is forgotten with the last who has it. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { intern } from "../../src/heap/value.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** A weak reference keeps its object alive until the running job has ended. */
const nextJob = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a name has one symbol, also when there was one before that is gone", async () => {
  const kept = intern("kept");
  const gone = new WeakRef(intern("gone"));
  for (let i = 0; i < 5 && gone.deref() !== undefined; i++) {
    await nextJob();
    collect();
  }
  expect(gone.deref()).toBeUndefined();
  expect(intern("kept")).toBe(kept);
  const again = intern("gone");
  await nextJob();
  collect();
  await nextJob();
  expect(intern("gone")).toBe(again);
});
