/** `sx preview …`: every command of the vocabulary, and those that are about the daemon itself. */
import { basename, extname } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { type Connection, connect, connectIfRunning } from "../client/connection.ts";
import { type ProblemData, toProblem } from "../problem.ts";
import { type CommandName, commandNames, commandOf, type Result } from "../vocabulary/commands.ts";
import type { Notice } from "../wire.ts";
import { showLogs } from "./logs.ts";
import { addParameters } from "./options.ts";
import { present, recordLine } from "./present.ts";
import type { Terminal } from "./terminal.ts";

/** Adds the commands below `preview`. */
export function addPreviewCommands(preview: Command, terminal: Terminal): void {
  for (const name of commandNames) {
    const entry = commandOf(name);
    const command = preview.command(name).description(entry.description);
    // The list of commands has room for a sentence.
    command.summary(entry.description.replace(/[.:] .*$/s, ""));
    command.addHelpText(
      "after",
      `\nExamples:\n${entry.examples.map((example) => `  ${example}`).join("\n")}`,
    );
    const params = addParameters(command, entry);
    command.option("--json", "print the whole answer as JSON");
    if (name === "run") command.option("--detach", "leave the session with the daemon, and end");
    command.action((...args: unknown[]) => {
      const options = args.at(-2) as Record<string, unknown>;
      return guarded(terminal, options.json === true, () =>
        perform(name, params(args, options), options, terminal),
      );
    });
  }

  preview
    .command("logs")
    .description("Show the end of the daemon's log")
    .option("-f, --follow", "go on with what comes")
    .option("-n, --lines <n>", "how many lines of what there is", wholeNumber, 50)
    .action((flags: { follow?: boolean; lines: number }) =>
      guarded(terminal, false, () => showLogs(flags, terminal, terminal.ended())),
    );

  preview
    .command("kill-daemon")
    .description("End the daemon with all its sessions")
    .option("--json", "print the answer as JSON")
    .action(({ json }: { json?: boolean }) =>
      guarded(terminal, json === true, () => killDaemon(json === true, terminal)),
    );

  preview
    .command("serve")
    .description("Serve the MCP tools over standard input and output, for agents")
    .option("--daemon", "be the daemon instead, in the foreground")
    .action(({ daemon }: { daemon?: boolean }) =>
      guarded(terminal, false, async () => {
        if (daemon === true) await import("../daemon/main.ts");
        else await (await import("../mcp.ts")).serveMcp();
      }),
    );
}

/** Says what went wrong: for people on standard error, and so for programs, as JSON. */
async function guarded(terminal: Terminal, json: boolean, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const problem = toProblem(error).toJSON();
    terminal.printError(json ? `${JSON.stringify({ error: problem })}\n` : problemText(problem));
    terminal.exitCode(problem.phase === "request" ? 2 : 1);
  }
}

function problemText({ message, detail, remediation }: ProblemData): string {
  const more = detail === "" || detail === message ? "" : `${detail.trimEnd()}\n`;
  return `error: ${message}\n${more}${remediation}\n`;
}

async function perform(
  name: CommandName,
  params: Record<string, unknown>,
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<void> {
  if (name === "snapshot") params.output ??= defaultOutput(params);
  const connection = await connect({ notice: (text) => terminal.printError(`${text}\n`) });
  try {
    const { result } = await connection.call(name, params, { notice: noticesTo(terminal) });
    const json = options.json === true;
    terminal.print(json ? `${JSON.stringify(result, null, 2)}\n` : `${present(name, result)}\n`);
    if (name === "snapshot-all" && (result as Result<"snapshot-all">).failed > 0) terminal.exitCode(1);
    if (name === "run" && options.detach !== true) {
      await attend(result as Result<"run">, connection, json, terminal);
    }
  } finally {
    connection.close();
  }
}

/** Beside nothing: in the folder that one is in, by the name of the program. */
function defaultOutput({ file, format }: Record<string, unknown>): string {
  const base = typeof file === "string" ? basename(file, extname(file)) : "preview";
  return `${base}.${format === "jpeg" ? "jpg" : "png"}`;
}

function noticesTo(terminal: Terminal): (notice: Notice) => void {
  return (notice) => {
    if (notice.kind === "working") terminal.printError(`${notice.phase} (${notice.seconds} s)\n`);
    else if (notice.kind === "note") terminal.printError(`${notice.text}\n`);
  };
}

/** Follows a session until the process is asked to end, and ends it then, if it was started here. */
async function attend(
  run: Result<"run">,
  connection: Connection,
  json: boolean,
  terminal: Terminal,
): Promise<void> {
  const { session, reused } = run;
  const ended = terminal.ended();
  if (!json)
    terminal.printError(
      `waiting for saves; Ctrl-C ends ${reused ? "this, and leaves the session" : "the session"}\n`,
    );
  await connection.call(
    "follow",
    { session },
    {
      signal: ended,
      notice: (notice) => {
        if (notice.kind !== "event") return;
        if (json) return terminal.print(`${JSON.stringify(notice.event)}\n`);
        const event = notice.event as
          | { kind: "reload"; record: Result<"explain">["records"][number] }
          | { kind: "note"; text: string }
          | { kind: "end" };
        if (event.kind === "reload") {
          terminal.print(`${recordLine(event.record)}\n`);
          if (event.record.error !== null) terminal.print(`${event.record.error.detail.trimEnd()}\n`);
        } else if (event.kind === "note") terminal.printError(`${event.text}\n`);
        else terminal.printError("the session has ended\n");
      },
    },
  );
  if (ended.aborted) {
    if (!reused) await connection.call("stop", { session });
    terminal.exitCode(0);
  }
}

async function killDaemon(json: boolean, terminal: Terminal): Promise<void> {
  const connection = await connectIfRunning();
  if (connection === undefined) {
    terminal.print(json ? `${JSON.stringify({ pid: null })}\n` : "no daemon is running\n");
    return;
  }
  const { pid } = connection;
  process.kill(pid, "SIGTERM");
  const late = setTimeout(() => process.kill(pid, "SIGKILL"), 10_000);
  await connection.closed;
  // Its sessions and its browser end after the connection does.
  while (alive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
  clearTimeout(late);
  terminal.print(json ? `${JSON.stringify({ pid })}\n` : `ended the daemon, process ${pid}\n`);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function wholeNumber(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0) throw new InvalidArgumentError("expected a whole number.");
  return n;
}
