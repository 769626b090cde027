/** `opener.ts FOLDER`: opens the store, writes, and prints the code and message of what goes wrong. */
import { KvError, open } from "../../src/index.ts";

try {
  const store = await open({ url: `sqlite:${process.argv[2]}` });
  await store.set(["a"], 1);
  await store.close();
  console.log("ok");
} catch (error) {
  if (!(error instanceof KvError)) throw error;
  console.log(`${error.code}: ${error.message}`);
}
