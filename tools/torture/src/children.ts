/** Programs in processes of their own, and what they have said. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Last } from "./load.ts";

export const NODE_FLAGS: readonly string[] = [
  "--conditions=@sorbus/source",
  "--experimental-strip-types",
  "--disable-warning=ExperimentalWarning",
];

export interface Said {
  readonly acknowledged: Last;
  acks: number;
  readonly errors: string[];
  ready: boolean;
}

export const nothing = (): Said => ({ acknowledged: {}, acks: 0, errors: [], ready: false });

/** Takes in a line of a program. */
export function hear(said: Said, line: string): void {
  const [word, ...rest] = line.split(" ");
  if (word === "ready") said.ready = true;
  else if (word === "error") said.errors.push(rest.join(" "));
  else if (word === "ack") {
    const [who = "", writer = "", n = ""] = rest;
    said.acks++;
    said.acknowledged[`${who}:${writer}`] = Math.max(said.acknowledged[`${who}:${writer}`] ?? 0, Number(n));
  }
}

export interface Running {
  readonly child: ChildProcess;
  readonly said: Said;
  /** Resolves when it has acknowledged something. */
  readonly first: Promise<void>;
  /** What it wrote to stderr, when it has ended. */
  readonly ended: Promise<{
    readonly code: number | null;
    readonly signal: string | null;
    readonly stderr: string;
  }>;
}

export function startProgram(folder: string, who: string, env: NodeJS.ProcessEnv = {}): Running {
  const file = fileURLToPath(new URL("./program.ts", import.meta.url));
  const child = spawn(process.execPath, [...NODE_FLAGS, file, folder, who, "0", "-"], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  const said = nothing();
  let stderr = "";
  let held = "";
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  let heard: () => void = () => undefined;
  const first = new Promise<void>((resolve) => {
    heard = resolve;
  });
  child.stdio[3]?.on("data", (chunk) => {
    held += chunk;
    const lines = held.split("\n");
    held = lines.pop() ?? "";
    for (const line of lines) hear(said, line);
    if (said.acks > 0) heard();
  });
  const ended = new Promise<{ code: number | null; signal: string | null; stderr: string }>((resolve) => {
    child.once("close", (code, signal) => {
      heard();
      resolve({ code, signal, stderr });
    });
  });
  return { child, said, first, ended };
}
