/** `writer.ts ENGINE FOLDER WHO WRITERS MILLISECONDS`: one of several processes; prints how many commits, and their p99. */
import { engines, writersAre } from "./engines.ts";
import { drive } from "./load.ts";

const [name = "", folder = "", who = "", writers = "1", time = "1000"] = process.argv.slice(2);
const make = engines[name];
if (make === undefined) throw new RangeError(`there is no engine ${name}`);
writersAre(Number(writers) > 1);
const engine = await make(folder);
await engine.set([who, "ready"], {});
process.send?.("ready");
await new Promise((resolve) => process.once("message", resolve));
const result = await drive(engine, who, Number(writers), Number(time));
await new Promise((resolve) => process.send?.(result, resolve));
// The others may still be at it, and one of them may be our committer, or we theirs.
await new Promise((resolve) => process.once("message", resolve));
await engine.close();
process.disconnect?.();
