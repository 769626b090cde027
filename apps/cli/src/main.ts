/** The `sx` command: its commands and their options. What only one command needs is loaded by that command. */
import { Command, InvalidArgumentError, Option } from "commander";
import manifest from "../package.json" with { type: "json" };
import { checkCommand } from "./commands/check.ts";
import { disassembleCommand } from "./commands/disassemble.ts";
import { fmtCommand } from "./commands/fmt.ts";
import { profileCommand } from "./commands/profile.ts";
import { replCommand } from "./commands/repl.ts";
import { evalCommand, runCommand, traceCommand } from "./commands/run.ts";
import { type ServeFlags, serveCommand } from "./commands/serve.ts";
import { testCommand } from "./commands/test.ts";
import { EXIT, ended, endOnSignals, fail } from "./ending.ts";
import { print, printError } from "./output.ts";
import type { RunFlags } from "./session.ts";

function naturalNumber(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0) throw new InvalidArgumentError("expected a whole number.");
  return n;
}

function count(text: string): number {
  const n = naturalNumber(text);
  if (n < 1 || n > 256) throw new InvalidArgumentError("expected a number from 1 to 256.");
  return n;
}

function port(text: string): number {
  const n = naturalNumber(text);
  if (n > 65_535) throw new InvalidArgumentError("expected a port, 0 to 65535.");
  return n;
}

/** The options of every command that runs a program. */
function running(command: Command): Command {
  return command
    .addOption(new Option("--tier <tier>", "which engine runs the program").choices(["cek", "vm", "jit"]))
    .addOption(
      new Option("--answers <how>", "how effects are answered; a program cannot tell")
        .choices(["inline", "suspend", "async", "freeze"])
        .default("inline"),
    )
    .option("--jit-threshold <n>", "calls after which a function is compiled by the JIT", naturalNumber)
    .option("--store <folder>", "keep what :kv/* ops store in this folder (default: in memory)")
    .option(
      "--allow <grant>",
      "what the program may ask for, and nothing else: time/now, kv/*, kv/*:post/, http/fetch:example.org (repeatable)",
      collect,
    )
    .option("--env <name>", "offer :env/get for this variable of the environment (repeatable)", collect)
    .option("--files <folder>", "offer :files/* in this folder")
    .option("--record <file>", "write what the program asks for and is told to this file")
    .addOption(
      new Option("--replay <file>", "tell the program what a recording says, and ask nobody").conflicts(
        "record",
      ),
    )
    .option("--stats", "print counts as JSON on stderr");
}

/** Of an option that may be given many times. */
function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

const program = new Command("sx")
  .description("Runs, checks, formats and serves SX programs.")
  .version(manifest.version)
  .showHelpAfterError("(sx --help lists the commands)")
  .configureOutput({ writeOut: print, writeErr: printError })
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? 0 : EXIT.usage);
  });

running(
  program.command("eval").description("evaluate an expression and print its value").argument("<expr>"),
).action((expr: string, flags: RunFlags) => evalCommand(expr, flags));

running(program.command("run").description("run a program").argument("<file>"))
  .option("--print", "print the value of the last form")
  .action((file: string, flags: RunFlags & { print?: boolean }) => runCommand(file, flags));

running(program.command("repl").description("a prompt")).action((flags: RunFlags) => replCommand(flags));

program
  .command("test")
  .description("run the cases in the .sx files of a folder, with their expectations beside the code")
  .argument("<dir>")
  .addOption(new Option("--tier <tier>", "run on this engine only").choices(["cek", "vm", "jit"]))
  .action((dir: string, flags: { tier?: string }) => testCommand(dir, flags));

program
  .command("fmt")
  .description("format .sx files in place; without files, format standard input to standard output")
  .argument("[files...]")
  .option("--check", "change nothing; fail if something is not formatted")
  .action((files: string[], flags: { check?: boolean }) => fmtCommand(files, flags));

program
  .command("check")
  .description("report what is wrong with a program without running it")
  .argument("<files...>")
  .action((files: string[]) => checkCommand(files));

running(
  program
    .command("trace")
    .description("run a program and show each effect with its answer")
    .argument("<file>")
    .option("--jit", "show what the JIT compiles, and where its code had to be left, instead"),
).action((file: string, flags: RunFlags & { jit?: boolean }) => traceCommand(file, flags));

running(
  program
    .command("profile")
    .description("run a program and write where the time went, for DevTools or speedscope")
    .argument("<file>")
    .requiredOption("-o, --output <file>", "where to write it: a .cpuprofile"),
).action((file: string, flags: RunFlags & { output: string }) => profileCommand(file, flags));

program
  .command("disassemble")
  .description("show the bytecode of a program, or of one definition")
  .argument("<file>")
  .argument("[name]")
  .action((file: string, name: string | undefined) => disassembleCommand(file, name));

running(
  program
    .command("serve")
    .description("serve a program whose last value, or whose definition `handler`, is a handler")
    .argument("<file>"),
)
  .option("--port <n>", "port to listen on; 0: any free one", port, 8080)
  .option("--host <name>", "address to listen on", "127.0.0.1")
  .option("--workers <n>", "processes that share the port and the store", count)
  .option("--watch", "load the program again when an .sx file beside it changes")
  .option("--production", "people who get an error see nothing of the inside")
  .option("--allow-origin <origin...>", "other sites whose pages may send more than GET")
  .action((file: string, flags: ServeFlags) => serveCommand(file, flags));

const preview = program
  .command("preview")
  .description("show parts of programs while they are written: live pages, pictures, tools for agents");

/** Its commands are many, and are made only when one of them is asked for. */
async function addPreview(): Promise<void> {
  const { addPreviewCommands } = await import("@sorbus/preview");
  addPreviewCommands(preview, {
    print,
    printError,
    exitCode(code) {
      process.exitCode = code;
    },
    ended() {
      endOnSignals();
      return ended;
    },
  });
}

/** Runs the command that `argv` names; its exit code is `process.exitCode`. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    if (argv.slice(2, 4).includes("preview")) await addPreview();
    await program.parseAsync(argv);
  } catch (error) {
    // A fault of this command's own: whoever mends it needs the stack.
    fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}
