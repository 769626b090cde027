import { Raise } from "@sorbus/vm";
import { createRuntime, inspect } from "sorbus";

const rt = createRuntime({
  ops: {
    "test/ask": (n: number) => n * 10,
    "test/later": async (n: number) => {
      await new Promise((r) => setTimeout(r, 5));
      return n + 1;
    },
  },
});
for (const t of process.argv.slice(2)) {
  try {
    const v = await rt.evalValue(t);
    console.log(t, "=>", inspect(v));
  } catch (e) {
    console.log(t, "!!", e instanceof Raise ? rt.report(e) : e);
  }
}
