/** `sx repl`: a prompt that reads whole forms, keeps definitions and history, and survives errors. */

import { readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { type ReadErrorCode, read } from "@sorbus/reader";
import { NIL } from "@sorbus/vm";
import { inspect, type Runtime } from "sorbus";
import { ended } from "../ending.ts";
import { print, printError } from "../output.ts";
import { type RunFlags, withSession } from "../session.ts";

const PROMPT = "sx> ";
const CONTINUED = "... ";
const HISTORY_LINES = 1_000;

/** Mistakes that more lines may mend. */
const UNFINISHED: ReadonlySet<ReadErrorCode> = new Set(["unclosed", "unterminated-string", "missing-form"]);

/** Whether more lines may complete the text: nothing else is wrong with it. */
export function isUnfinished(text: string): boolean {
  const { errors } = read(text, { file: "repl" });
  return errors.length > 0 && errors.every(({ code }) => UNFINISHED.has(code));
}

export function replCommand(flags: RunFlags): Promise<void> {
  return withSession(flags, ({ runtime }) => new Prompt(runtime).run());
}

class Prompt {
  private readonly runtime: Runtime;
  private readonly lines: Interface;
  private readonly history: History | undefined;
  /** Lines that have come and not been looked at. */
  private readonly waiting: string[] = [];
  /** Lines of a form that is not finished. */
  private unfinished = "";
  private entries = 0;
  private running: AbortController | undefined;
  private pumping = false;
  private closed = false;
  private readonly finished: Promise<void>;
  private finish: () => void = () => {};

  constructor(runtime: Runtime) {
    this.runtime = runtime;
    this.finished = new Promise((resolve) => {
      this.finish = resolve;
    });
    const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
    this.history = terminal ? new History() : undefined;
    this.lines = createInterface({
      input: process.stdin,
      // Elsewhere, values alone: that is what a script wants to read.
      ...(terminal && { output: process.stdout, prompt: PROMPT, history: this.history?.lines ?? [] }),
      terminal,
      historySize: HISTORY_LINES,
      removeHistoryDuplicates: true,
      completer: (line: string) => this.complete(line),
    });
    this.lines.on("line", (line) => {
      this.waiting.push(line);
      void this.pump();
    });
    this.lines.on("history", (lines) => this.history?.keep(lines));
    this.lines.on("SIGINT", () => this.interrupt());
    this.lines.on("close", () => {
      this.closed = true;
      void this.pump();
    });
    ended.addEventListener("abort", () => {
      this.running?.abort(ended.reason);
      this.lines.close();
    });
  }

  async run(): Promise<void> {
    this.lines.prompt();
    await this.finished;
  }

  /** Evaluates what has come, one entry after the other. */
  private async pump(): Promise<void> {
    if (this.pumping) return;
    this.pumping = true;
    for (let line = this.waiting.shift(); line !== undefined; line = this.waiting.shift()) {
      const text = `${this.unfinished}${line}\n`;
      if (isUnfinished(text)) this.unfinished = text;
      else await this.evaluate(text);
      this.prompt();
    }
    this.pumping = false;
    if (!this.closed) return;
    if (this.unfinished !== "") await this.evaluate(this.unfinished);
    this.finish();
  }

  private prompt(): void {
    if (this.closed) return;
    this.lines.setPrompt(this.unfinished === "" ? PROMPT : CONTINUED);
    this.lines.prompt();
  }

  private async evaluate(text: string): Promise<void> {
    this.unfinished = "";
    if (text.trim() === "") return;
    this.entries += 1;
    this.running = new AbortController();
    try {
      const { signal } = this.running;
      const value = await this.runtime.evalValue(text, { file: `repl ${this.entries}`, signal });
      if (value !== NIL) print(`${inspect(value)}\n`);
    } catch (error) {
      if (this.running.signal.aborted) printError("interrupted\n");
      else printError(`${this.runtime.report(error)}\n`);
    } finally {
      this.running = undefined;
    }
  }

  /** Ctrl-C stops what runs, or drops what has been typed. */
  private interrupt(): void {
    if (this.running !== undefined) return this.running.abort(new Error("interrupted"));
    const empty = this.unfinished === "" && this.lines.line === "";
    this.unfinished = "";
    print(empty ? "\n(Ctrl-D leaves)\n" : "\n");
    // Takes what stands on the line off it.
    this.lines.write(null, { ctrl: true, name: "e" });
    this.lines.write(null, { ctrl: true, name: "u" });
    this.prompt();
  }

  private complete(line: string): [string[], string] {
    const start = /[^\s()[\]{}'`,"]*$/.exec(line)?.[0] ?? "";
    if (start === "") return [[], start];
    const names = [...this.runtime.mainModule().names()].filter((name) => name.startsWith(start));
    return [names.sort(), start];
  }
}

/** What has been typed in earlier sessions; the latest first. */
class History {
  readonly lines: string[];
  private readonly path = process.env.SX_HISTORY ?? join(homedir(), ".sx_history");

  constructor() {
    this.lines = this.load();
  }

  private load(): string[] {
    try {
      return readFileSync(this.path, "utf8")
        .split("\n")
        .filter((line) => line !== "");
    } catch {
      // There is none yet, or it may not be read: a prompt works without.
      return [];
    }
  }

  keep(lines: readonly string[]): void {
    try {
      writeFileSync(this.path, `${lines.join("\n")}\n`, { mode: 0o600 });
    } catch {
      // A home that cannot be written to is no reason to bother somebody at every line.
    }
  }
}
