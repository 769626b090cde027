/** `sx check`: everything that is wrong with programs, found without running them. */

import { codeFrame } from "@sorbus/reader";
import { checkProgram, type Finding } from "sorbus";
import { EXIT } from "../ending.ts";
import { filesFromHere } from "../files.ts";
import { print, printError } from "../output.ts";
import { reportFailure } from "../session.ts";
import { needFile } from "./run.ts";

export async function checkCommand(files: readonly string[]): Promise<void> {
  const counts = { error: 0, warning: 0 };
  const seen = new Set<string>();
  try {
    for (const file of files) needFile(file);
  } catch (error) {
    return reportFailure(error, undefined);
  }
  for (const file of files) {
    for (const { path, text, findings } of await checkProgram(file, filesFromHere)) {
      if (seen.has(path)) continue;
      seen.add(path);
      for (const finding of findings) {
        counts[finding.severity] += 1;
        printError(`${shown(finding, path, text)}\n\n`);
      }
    }
  }
  const total = [plural(counts.error, "error"), plural(counts.warning, "warning")].filter(
    (part) => part !== "",
  );
  if (total.length === 0) print("no problems\n");
  else printError(`${total.join(", ")}\n`);
  if (counts.error > 0) process.exitCode = EXIT.failed;
}

function shown({ severity, message, span }: Finding, path: string, text: string | undefined): string {
  if (span === undefined || text === undefined) return `${severity}: ${message}`;
  return `${severity}: ${message}\n  --> ${path}:${span.line}:${span.column}\n${codeFrame({ text }, span)}`;
}

function plural(count: number, word: string): string {
  if (count === 0) return "";
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
