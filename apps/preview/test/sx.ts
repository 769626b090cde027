/** The command line of this package alone, as `sx preview` has it. */
import { Command } from "commander";
import { addPreviewCommands } from "../src/index.ts";

const program = new Command("preview");
const ending = new AbortController();
addPreviewCommands(program, {
  print: (text) => process.stdout.write(text),
  printError: (text) => process.stderr.write(text),
  exitCode(code) {
    process.exitCode = code;
  },
  ended() {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ending.abort());
    return ending.signal;
  },
});
await program.parseAsync();
