/**
 * `program.ts FOLDER WHO COMMITS ACKS [WRITERS]`: eight writers, or so many, that commit without end, or so many times together. Lines go to the file
 * ACKS (or, if it is "-", to file descriptor 3), each in one write, and only when what they say is so: `ready`, `ack WHO WRITER N`, and
 * `error CODE MESSAGE`, after which the writer finds out where it stands and goes on.
 */
import { openSync, writeSync } from "node:fs";
import { KvError, open } from "@sorbus/durable-kv";
import { commit, lastOf, WRITERS } from "./load.ts";

const [folder = "", who = "", commits = "0", acks = "-", writers = String(WRITERS)] = process.argv.slice(2);
const out = acks === "-" ? 3 : openSync(acks, "a");
const say = (line: string): void => {
  writeSync(out, `${line}\n`);
};

const store = await open({ url: `sqlite:${folder}` });
const last = await lastOf(store, who);
say("ready");
const most = commits === "0" ? Number.POSITIVE_INFINITY : Number(commits);
let begun = 0;

async function writer(w: number): Promise<void> {
  let n = last[`${who}:${w}`] ?? 0;
  while (begun++ < most) {
    try {
      await commit(store, who, w, n + 1);
      n++;
      say(`ack ${who} ${w} ${n}`);
    } catch (error) {
      if (!(error instanceof KvError)) throw error;
      say(`error ${error.code} ${error.message}`);
      if (error.code === "corrupt") process.exit(3);
      n = (await store.get<number>(["last", who, w]))?.value ?? 0;
      // It may have happened: what is there need not be durable until the next commit is.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

await Promise.all(Array.from({ length: Number(writers) }, (_, w) => writer(w)));
// As abruptly as a power cut: nothing is closed.
process.kill(process.pid, "SIGKILL");
