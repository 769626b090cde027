/**
 * Writes to a PostgreSQL store as fast as it can, whatever happens to the server, and prints a line for each commit
 * that was acknowledged: `ack WRITER NUMBER`. What must not be ends it with a message.
 *
 * Arguments: URL, name, writers, patience in milliseconds, "function" or "statements".
 */
import { CommitUnknown, KvError, open } from "@sorbus/durable-kv";

const [url = "", name = "", writers = "1", patience = "1000", commitBy = "function"] = process.argv.slice(2);
const options = { patience: Number(patience), commitBy: commitBy as "function" | "statements" };

/** Until the server takes it. */
async function opened(): ReturnType<typeof open> {
  for (;;) {
    try {
      return await open({ url, postgres: options });
    } catch (error) {
      if (!(error instanceof KvError) || error.code !== "unreachable") throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

const store = await opened();
let doubts = 0;
let refusals = 0;

async function write(writer: string): Promise<never> {
  for (let i = 0; ; i++) {
    // A new name after a refusal: it has said that nothing was committed, and the check finds out if that is true.
    for (let attempt = 0, named = `${writer} ${i} ${attempt}`; ; ) {
      try {
        const atomic = store
          .atomic({ txnId: named })
          .check(["entry", writer, i], null)
          .set(["entry", writer, i], `${writer} wrote ${i} `.repeat(1 + (i % 40)))
          .set(["last", writer], i);
        // A sum goes another way to the server.
        if (i % 4 === 0) atomic.add(["fourths", writer], 1);
        const result = await atomic.commit();
        if (!result.ok) throw new Error(`${named} was committed although it was said that it was not`);
        break;
      } catch (error) {
        if (!(error instanceof KvError)) throw error;
        if (error instanceof CommitUnknown) doubts++;
        else if (error.code === "unreachable" || error.code === "busy") {
          refusals++;
          named = `${writer} ${i} ${++attempt}`;
        } else throw error;
      }
    }
    process.stdout.write(`ack ${writer} ${i}\n`);
  }
}

process.on("SIGTERM", () => {
  process.stdout.write(`end ${doubts} ${refusals}\n`, () => process.exit(0));
});
await Promise.all(Array.from({ length: Number(writers) }, (_, i) => write(`${name}${i}`)));
