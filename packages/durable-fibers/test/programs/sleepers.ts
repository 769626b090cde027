/**
 * Many sleeping fibers: what they cost in memory, and how late they wake. Arguments: the store's URL, how many, over how
 * many seconds their times are spread. Prints JSON.
 */
import { open } from "@sorbus/durable-kv";
import { sleepOps } from "@sorbus/io-resolver/sleep";
import { createRuntime } from "sorbus";
import { DurableFibers } from "../../src/index.ts";
import type { FiberStore } from "../../src/store.ts";

const [url = "memory:", count = "1000", seconds = "20"] = process.argv.slice(2);
const n = Number(count);

/** Before any of them wakes. */
let offset = 0;
let woken = 0;
let latest = 0;
const store = await open({ url });
const fibers = new DurableFibers({
  store: store.namespace("durable") as unknown as FiberStore,
  now: () => Date.now() + offset,
});
const runtime = createRuntime({
  ops: [
    ...fibers.ops(),
    ...sleepOps(),
    {
      name: "woke",
      purity: "read",
      handler: ([due]) => {
        woken++;
        latest = Math.max(latest, Date.now() + offset - Number(due));
        return null;
      },
    },
    { name: "now", purity: "read", handler: () => Date.now() + offset },
  ],
});
fibers.bind(runtime);
// All fall asleep for a day and some seconds more.
await runtime.eval(`
  (define (nap i)
    (let ((ms (+ 86400000 (/ (* i ${seconds} 1000) ${n}))))
      (let ((due (+ (perform :now) ms)))
        (perform :async/sleep ms)
        (perform :woke due))))`);
fibers.start(runtime);
const begin = performance.now();
for (let from = 0; from < n; from += 500)
  await runtime.eval(
    `(pmap (fn (i) (perform :durable/start (str i) (fn () (nap i)))) (range ${from} ${Math.min(n, from + 500)}))`,
  );
const isAsleep = async (): Promise<boolean> => {
  const soon = { start: ["durable", "due", 0], end: ["durable", "due", Date.now() + 3_600_000] };
  return fibers.running === 0 && (await store.list(soon as never, { limit: 1 })).entries.length === 0;
};
while (!(await isAsleep())) await new Promise((resolve) => setTimeout(resolve, 50));
const asleepAfter = performance.now() - begin;
globalThis.gc?.();
const heap = process.memoryUsage().heapUsed;
const runs = fibers.running;
// A day goes by.
offset = 86_400_000 - Math.round(asleepAfter);
const waking = performance.now();
while (woken < n) await new Promise((resolve) => setTimeout(resolve, 20));
console.log(
  JSON.stringify({
    fibers: n,
    inMemory: runs,
    heapMiB: Math.round(heap / 2 ** 20),
    fallAsleepMs: Math.round(asleepAfter),
    wakeMs: Math.round(performance.now() - waking),
    latestMs: Math.round(latest),
  }),
);
await fibers.stop();
await store.close();
