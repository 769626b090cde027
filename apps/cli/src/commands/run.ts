/** `sx eval`, `sx run`, `sx trace`. */

import { statSync } from "node:fs";
import { positionAt } from "@sorbus/vm";
import { inspect, type JitEvent, jitTierWith } from "sorbus";
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

/** `sx trace --jit`: what the JIT does, in lines on stderr. */
function traceJit(file: string, flags: RunFlags): Promise<void> {
  const show = (event: JitEvent): void => printError(`${describe(event)}\n`);
  return withSession(
    flags,
    async ({ runtime }) => {
      needFile(file);
      await runtime.loadValue(file, { signal: ended });
    },
    {
      tier: jitTierWith({
        ...(flags.jitThreshold !== undefined && { threshold: flags.jitThreshold }),
        onEvent: show,
      }),
    },
  );
}

function describe(event: JitEvent): string {
  const { code } = event;
  const at = (pc: number): string => {
    const place = positionAt(code, pc);
    return place === undefined ? "" : ` ${place.file}:${place.line}:${place.column}`;
  };
  const name = code.name || "fn";
  switch (event.type) {
    case "compiled": {
      const from = event.entry === 0 ? "" : ` from instruction ${event.entry} on`;
      return `compiled ${name}${at(event.entry)}${from}, ${event.final ? "for good" : "to learn"}: ${event.bytes} bytes`;
    }
    case "deopt":
      return `deopt ${name}${at(event.pc)} at instruction ${event.pc}: ${event.reason}`;
    case "failed":
      return `failed ${name}${at(0)}: ${event.error instanceof Error ? event.error.message : String(event.error)}`;
    case "excluded":
      return `excluded ${name}${at(0)}`;
    case "dropped":
      return `dropped ${name}${at(0)}: others were used later`;
    default:
      return event satisfies never;
  }
}

export function traceCommand(file: string, flags: RunFlags & { jit?: boolean }): Promise<void> {
  if (flags.jit === true) return traceJit(file, flags);
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
