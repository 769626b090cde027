/**
 * A workflow of many effects that may not be repeated, as a process that can be killed: each effect is a line that is
 * added to the witness's file. Arguments: the store's URL, the file, how many effects, and at which step of how many
 * (counted from 1; 0: none) the process ends itself with SIGKILL.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { open } from "@sorbus/durable-kv";
import type { OpDeclaration } from "@sorbus/io-resolver";
import { createRuntime } from "sorbus";
import { DurableFibers } from "../../src/index.ts";
import type { FiberStore } from "../../src/store.ts";

const [url = "", witness = "", count = "0", killAt = "0"] = process.argv.slice(2);

const program = `
  (define (step i)
    (guard (e ((= (error-kind e) "unknown")
               (if (perform :witness/saw i) i (step i))))
      (perform :witness/do i)))
  (define (workflow)
    (dynamic-wind
      (fn () nil)
      (fn () (reduce + 0 (map step (range ${count}))))
      (fn () nil)))`;

const ops: OpDeclaration[] = [
  {
    name: "witness/do",
    params: "i",
    purity: "write",
    handler: ([i]) => {
      const work = (): unknown => {
        appendFileSync(witness, `${String(i)}\n`);
        return i;
      };
      return Number(i) % 2 === 0 ? work() : new Promise((resolve) => setImmediate(() => resolve(work())));
    },
  },
  {
    name: "witness/saw",
    params: "i",
    purity: "read",
    handler: ([i]) => readFileSync(witness, "utf8").split("\n").includes(String(i)),
  },
];

let steps = 0;
const store = await open({ url });
const fibers = new DurableFibers({
  store: store.namespace("durable") as unknown as FiberStore,
  snapshotEvery: 7,
  onPoint: () => {
    steps++;
    if (steps === Number(killAt)) process.kill(process.pid, "SIGKILL");
  },
});
const runtime = createRuntime({ ops: [...ops, ...fibers.ops()] });
fibers.bind(runtime);
await runtime.eval(program);
fibers.start(runtime);
const sum = await runtime.eval('(durable "workflow" workflow)');
await fibers.stop();
await store.close();
console.log(JSON.stringify({ sum, steps }));
