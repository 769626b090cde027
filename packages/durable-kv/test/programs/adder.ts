/** `adder.ts FOLDER NAME TIMES`: adds to a counter by compare and set, beside others that do the same. */
import { open, type Versionstamp } from "../../src/index.ts";

const [folder = "", name = "", times = ""] = process.argv.slice(2);
const store = await open({ url: `sqlite:${folder}` });
let conflicts = 0;

for (let i = 0; i < Number(times); i++) {
  for (;;) {
    const entry = await store.get<number>(["counter"]);
    const version: Versionstamp | null = entry?.version ?? null;
    const result = await store
      .atomic()
      .check(["counter"], version)
      .set(["counter"], (entry?.value ?? 0) + 1)
      .set(["by", name, i], true)
      .commit();
    if (result.ok) break;
    conflicts++;
  }
}
await store.close();
console.log(JSON.stringify({ name, conflicts }));
