/** Runs the programs beside it in processes of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Node 22 reads TypeScript only if told to, and warns of it. */
const FLAGS = ["--experimental-strip-types", "--disable-warning=ExperimentalWarning"];

export function start(
  program: string,
  args: readonly string[],
  options: { uid?: number } = {},
): ChildProcess {
  const file = fileURLToPath(new URL(`./programs/${program}.ts`, import.meta.url));
  return spawn(process.execPath, [...FLAGS, file, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    ...options,
  });
}

/** What it printed, when it has ended. Throws what it printed as an error. */
export async function finished(child: ChildProcess): Promise<string> {
  let [out, err] = ["", ""];
  child.stdout?.on("data", (chunk) => (out += chunk));
  child.stderr?.on("data", (chunk) => (err += chunk));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0 || err !== "") throw new Error(`ended with ${code}: ${err}${out}`);
  return out;
}
