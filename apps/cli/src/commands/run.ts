/** `sx eval`, `sx run`, `sx trace`. */
import { existsSync, statSync } from "node:fs";
import { inspect } from "sorbus";
import { fail, type RunFlags, withSession } from "../session.ts";

export function evalCommand(expr: string, flags: RunFlags): Promise<void> {
  return withSession(flags, async ({ runtime }) => {
    const value = await runtime.evalValue(expr, { file: "eval" });
    process.stdout.write(`${inspect(value)}\n`);
  });
}

/** Says so when the file is not there; undefined: it is. */
export function missingFile(file: string): string | undefined {
  if (!existsSync(file)) return `there is no file ${file}`;
  return statSync(file).isDirectory() ? `${file} is a folder; name a file` : undefined;
}

export async function runCommand(file: string, flags: RunFlags & { print?: boolean }): Promise<void> {
  const missing = missingFile(file);
  if (missing !== undefined) return fail(missing);
  await withSession(flags, async ({ runtime }) => {
    const value = await runtime.loadValue(file);
    if (flags.print === true) process.stdout.write(`${inspect(value)}\n`);
  });
}

export async function traceCommand(file: string, flags: RunFlags): Promise<void> {
  const missing = missingFile(file);
  if (missing !== undefined) return fail(missing);
  await withSession(
    flags,
    async ({ runtime }) => {
      const value = await runtime.loadValue(file);
      process.stderr.write(`value ${inspect(value)}\n`);
    },
    {
      onAnswer: (op, args, answer) => {
        const call = ["perform", `:${op}`, ...args.map((arg) => inspect(arg))].join(" ");
        const result = "value" in answer ? `-> ${inspect(answer.value)}` : `-> raised ${inspect(answer.raised)}`;
        process.stderr.write(`(${call}) ${result}\n`);
      },
    },
  );
}
