/** `sx eval`, `sx run`, `sx trace`. */

import { statSync } from "node:fs";
import { inspect } from "sorbus";
import { CommandError, ended } from "../ending.ts";
import { print, printError } from "../output.ts";
import { type RunFlags, withSession } from "../session.ts";

export function evalCommand(expr: string, flags: RunFlags): Promise<void> {
  return withSession(flags, async ({ runtime }) => {
    const value = await runtime.evalValue(expr, { file: "eval", signal: ended });
    print(`${inspect(value)}\n`);
  });
}

/** @throws CommandError unless there is such a file */
export function needFile(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new CommandError(`there is no file ${file}`);
  if (found.isDirectory()) throw new CommandError(`${file} is a folder; name a file`);
}

export function runCommand(file: string, flags: RunFlags & { print?: boolean }): Promise<void> {
  return withSession(
    flags,
    async ({ runtime, loaded, served }) => {
      needFile(file);
      const value = await runtime.loadValue(file, { signal: ended });
      loaded();
      if (flags.print === true) print(`${inspect(value)}\n`);
      await served();
    },
    {},
    file,
    true,
  );
}

export function traceCommand(file: string, flags: RunFlags): Promise<void> {
  return withSession(
    flags,
    async ({ runtime }) => {
      needFile(file);
      const value = await runtime.loadValue(file, { signal: ended });
      printError(`value ${inspect(value)}\n`);
    },
    {
      onAnswer: (op, args, answer) => {
        const call = ["perform", `:${op}`, ...args.map((arg) => inspect(arg))].join(" ");
        const result =
          "value" in answer ? `-> ${inspect(answer.value)}` : `-> raised ${inspect(answer.raised)}`;
        printError(`(${call}) ${result}\n`);
      },
    },
  );
}
