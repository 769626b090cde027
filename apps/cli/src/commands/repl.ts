/** `sx repl`: a prompt that reads whole forms, keeps definitions and history, and survives errors. */
import { homedir } from "node:os";
import { join } from "node:path";
import { Recoverable, start } from "node:repl";
import { read } from "@sorbus/reader";
import { inspect } from "sorbus";
import { NIL, type Value } from "@sorbus/vm";
import { type RunFlags, withSession } from "../session.ts";

/** Whether more lines may complete the text: the only errors are at its end. */
function isUnfinished(text: string): boolean {
  const { errors } = read(text, { file: "repl" });
  return errors.length > 0 && errors.every((error) => error.code.startsWith("unclosed") || error.code.startsWith("unterminated"));
}

export function replCommand(flags: RunFlags): Promise<void> {
  return withSession(
    flags,
    ({ runtime }) =>
      new Promise<void>((resolve) => {
        let entry = 0;
        const server = start({
          prompt: "sx> ",
          ignoreUndefined: true,
          writer: (value: Value) => inspect(value),
          eval: (text, _context, _file, done) => {
            if (text.trim() === "") return done(null, undefined);
            if (isUnfinished(text)) return done(new Recoverable(new Error("unfinished")), undefined);
            entry += 1;
            const run = async (): Promise<Value> => runtime.evalValue(text.trimEnd(), { file: `repl ${entry}` });
            run().then(
              (value) => done(null, value === NIL ? undefined : value),
              (error: unknown) => {
                server.output.write(`${runtime.report(error)}\n`);
                done(null, undefined);
              },
            );
          },
        });
        server.setupHistory(process.env.SX_HISTORY ?? join(homedir(), ".sx_history"), () => {});
        server.on("exit", resolve);
      }),
  );
}
