/**
 * Commits for ever: `writer.ts FOLDER ROUND`. Each commit sets three keys to one number and counts itself; its
 * number goes to stdout once it is acknowledged, and not before.
 */
import { open } from "../../src/index.ts";

const [folder = "", round = ""] = process.argv.slice(2);
const store = await open({ url: `sqlite:${folder}` });
let n = 0;

async function fiber(): Promise<never> {
  for (;;) {
    const mine = n++;
    const atomic = store.atomic().add(["count", Number(round)], 1);
    for (const part of ["a", "b", "c"])
      atomic.set(["w", Number(round), mine, part], { mine, filler: "x".repeat(mine % 2000) });
    const result = await atomic.commit();
    if (!result.ok) throw new Error("no check, no conflict");
    // Synchronous, since it is a pipe.
    process.stdout.write(`${mine}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, fiber));
