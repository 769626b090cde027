/** Somebody else's program: it gets the ops that it is given, and so many steps. */
import { createRuntime, SxError } from "sorbus";

const runtime = createRuntime({ ops: { "dice/roll": () => 4 }, limits: { steps: 100_000 } });

async function attempt(program: string): Promise<void> {
  try {
    console.log(await runtime.eval(program));
  } catch (error) {
    if (!(error instanceof SxError)) throw error;
    console.log(`${error.kind}: ${error.message}`);
  }
}

await attempt("(+ (perform :dice/roll) (perform :dice/roll))");
//=> 8
await attempt('(perform :file/read "/etc/passwd")');
//=> op: Nothing handles the op :file/read
await attempt("(let loop ((n 0)) (loop (+ n 1)))");
//=> limit: steps: the program ran longer than its step limit allows
