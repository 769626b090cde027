/** `sx fmt`: formats files in place, or a stream. */

import { writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { codeFrame, format, UnreadableError } from "@sorbus/reader";
import { nodeFiles } from "sorbus";
import { CommandError, fail } from "../ending.ts";
import { print } from "../output.ts";
import { needFile } from "./run.ts";

function formatted(source: string, file: string): string | undefined {
  try {
    return format(source);
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    for (const { message, span } of error.errors) {
      fail(
        `error: ${message}\n  --> ${file}:${span.line}:${span.column}\n${codeFrame({ text: source }, span)}`,
      );
    }
    return undefined;
  }
}

export async function fmtCommand(files: readonly string[], flags: { check?: boolean }): Promise<void> {
  if (files.length === 0) {
    const source = await text(process.stdin);
    const result = formatted(source, "stdin");
    if (result === undefined) return;
    if (flags.check !== true) print(result);
    else if (result !== source) fail("standard input is not formatted");
    return;
  }
  for (const file of files) {
    try {
      needFile(file);
      const source = await nodeFiles.read(file);
      const result = formatted(source, file);
      if (result === undefined || result === source) continue;
      if (flags.check === true) fail(`${file} is not formatted`);
      else {
        writeFileSync(file, result);
        print(`${file}\n`);
      }
    } catch (error) {
      // The other files are formatted all the same.
      fail(error instanceof CommandError ? error.message : `${file}: ${String((error as Error).message)}`);
    }
  }
}
