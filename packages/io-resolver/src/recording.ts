/**
 * Recordings in files: a line of JSON for each event, written as it happens, so that what a killed process has seen
 * can be replayed too.
 */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { plainFromJson, plainToJson } from "./plain.ts";
import { type LogEntry, type Replay, type ReplayOptions, record, replay } from "./record.ts";
import type { Recorder } from "./resolver.ts";

const FORMAT = 1;
const HEAD = { "sorbus-recording": FORMAT };

export interface Recording {
  readonly recorder: Recorder;
  /** Events written so far. */
  events(): number;
  close(): void;
}

/**
 * Records into a new file, or over an old one.
 * @throws whatever opening the file throws; a request whose values cannot be written fails with a `TypeError`
 */
export function recordTo(path: string): Recording {
  const file = openSync(path, "w");
  let events = 0;
  const line = (data: unknown): void => {
    writeSync(file, `${JSON.stringify(data)}\n`);
  };
  line(HEAD);
  const recorder = record((entry) => {
    line(plainToJson(entry));
    events++;
  });
  return { recorder, events: () => events, close: () => closeSync(file) };
}

/**
 * Answers from a file that `recordTo` has written. A last line that was cut off is left out.
 * @throws Error for a file that cannot be read or is no recording, with the line
 */
export function replayFrom(path: string, options: ReplayOptions = {}): Replay {
  return replay(readRecording(path), options);
}

/** The events in a file. @throws as `replayFrom` */
export function readRecording(path: string): LogEntry[] {
  const lines = readFileSync(path, "utf8").split("\n");
  // Each line ends with a new line: what follows the last one was not written whole.
  lines.pop();
  const data = lines.map((text, i): unknown => {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new Error(`${path}:${i + 1} is no line of a recording`, { cause: error });
    }
  });
  const format = (data.shift() as Partial<typeof HEAD> | undefined)?.["sorbus-recording"];
  if (format === undefined) throw new Error(`${path} is no recording`);
  if (format !== FORMAT)
    throw new Error(`${path} is a recording of format ${format}, which this version cannot read: upgrade it`);
  return data.map((each) => plainFromJson(each) as LogEntry);
}
