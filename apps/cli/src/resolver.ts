/** Who answers the program: the ops that flags add, what the flags grant of them, and a recording in between. */
import { statSync } from "node:fs";
import { type Grant, type OpDeclaration, parseGrant, type Recorder, Resolver } from "@sorbus/io-resolver";
import { type Form, read } from "@sorbus/reader";
import { CommandError, fail, UsageError } from "./ending.ts";
import type { RunFlags } from "./session.ts";

/** Ops that are there when a flag asks for them. */
export async function moreOps({ env, files }: RunFlags): Promise<OpDeclaration[]> {
  const ops: OpDeclaration[] = [];
  if (env !== undefined) {
    const { envOps } = await import("@sorbus/io-resolver/env");
    ops.push(...envOps({ names: env }));
  }
  if (files !== undefined) {
    if (statSync(files, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new CommandError(`there is no folder ${files}`);
    const { filesOps } = await import("@sorbus/io-resolver/files");
    ops.push(...filesOps({ folder: files, write: true }));
  }
  return ops;
}

/** @throws UsageError for a grant that is none */
export function resolverOf(
  { allow }: RunFlags,
  recorder: Recorder | undefined,
  ops: readonly OpDeclaration[],
): Resolver {
  const resolver = new Resolver(ops, recorder === undefined ? {} : { recorder });
  if (allow === undefined) return resolver;
  try {
    return resolver.granted(allow.map(grantOf));
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`--allow: ${error.message}`);
    throw error;
  }
}

/** `kv/*:post/`, or with the parts of a key as SX writes them: `kv/*:("post" 1)`. */
function grantOf(text: string): Grant {
  const grant = parseGrant(text);
  const { op, to } = grant;
  if (typeof to !== "string" || !/^[([]/.test(to)) return grant;
  const { forms, errors } = read(to, { file: "--allow" });
  const [form] = forms;
  if (errors[0] !== undefined || form === undefined || forms.length > 1)
    throw new TypeError(`${text}: ${errors[0]?.message ?? "one list of key parts is expected"}`);
  return { op, to: partOf(form, text) };
}

function partOf(form: Form, text: string): unknown {
  switch (form.type) {
    case "list":
      return form.items.map((item) => partOf(item, text));
    case "string":
    case "number":
    case "bigint":
    case "boolean":
      return form.value;
    case "nil":
      return null;
    case "keyword":
      return form.name;
    default:
      throw new TypeError(`${text}: the parts of a key are strings, numbers, booleans and nil`);
  }
}

export interface Watched {
  readonly recorder: Recorder;
  /** Of a replay: says so if the program has not asked for all that the recording has. */
  close(): void;
}

/** @throws CommandError for a file that cannot be written, or read, or is no recording */
export async function recorderOf({ record, replay }: RunFlags): Promise<Watched | undefined> {
  if (record === undefined && replay === undefined) return undefined;
  const { recordTo, replayFrom } = await import("@sorbus/io-resolver/recording");
  try {
    if (record !== undefined) return recordTo(record);
    if (replay === undefined) return undefined;
    // What is printed is printed again: it is what a person looks for.
    const recorder = replayFrom(replay, { perform: (op) => op === "console/print" });
    return {
      recorder,
      close: () => {
        const left = recorder.unasked();
        if (left > 0) fail(`the program has ended, and ${left} requests of ${replay} were not made`);
      },
    };
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
