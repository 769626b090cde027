/** Uses a PostgreSQL store, watches it for a while, and forgets to close it. */
import { open } from "../../src/index.ts";

const [url = ""] = process.argv.slice(2);
const store = await open({ url });
await store.set(["a"], 1);
const watch = store.watch([["a"]])[Symbol.asyncIterator]();
const next = watch.next();
await store.set(["a"], 2);
await next;
await watch.return?.();
console.log((await store.get(["a"]))?.value);
