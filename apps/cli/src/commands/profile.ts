/**
 * `sx profile`: runs a program under Node's own profiler and writes what it saw, with the SX functions that the JIT has
 * compiled under their own names and lines. What the VM runs is seen as the VM.
 */

import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { CommandError, ended } from "../ending.ts";
import { printError } from "../output.ts";
import { type RunFlags, withSession } from "../session.ts";
import { needFile } from "./run.ts";

/** How the JIT names functions: `name file:line`. */
const COMPILED = /^(\S+) (.+):(\d+)$/;

export function profileCommand(file: string, flags: RunFlags & { output: string }): Promise<void> {
  return withSession(flags, async ({ runtime }) => {
    needFile(file);
    const inspector = new Session();
    inspector.connect();
    await inspector.post("Profiler.enable");
    await inspector.post("Profiler.start");
    try {
      await runtime.loadValue(file, { signal: ended });
    } finally {
      const { profile } = await inspector.post("Profiler.stop");
      inspector.disconnect();
      for (const { callFrame } of profile.nodes) nameInSx(callFrame);
      write(flags.output, JSON.stringify(profile));
    }
  });
}

/** A compiled function under its own name, at its own place. */
function nameInSx(frame: {
  functionName: string;
  url: string;
  lineNumber: number;
  columnNumber: number;
}): void {
  const [, name, source, line] = COMPILED.exec(frame.functionName) ?? [];
  if (name === undefined || source === undefined || !frame.url.startsWith("wasm:")) return;
  frame.functionName = name;
  frame.url = source;
  frame.lineNumber = Number(line) - 1;
  frame.columnNumber = 0;
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new CommandError(`cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  printError(`wrote ${path}\n`);
}
