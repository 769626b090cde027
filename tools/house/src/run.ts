/** Runs other programs and counts what came of it, for the checks that are scripts and not tests. */
import { spawnSync } from "node:child_process";

/** What a program did. */
export interface Outcome {
  readonly ok: boolean;
  /** Standard output. */
  readonly out: string;
  /** Standard error. */
  readonly err: string;
}

/** Runs `command` in `cwd` to its end; a program that cannot be started is an outcome that is not ok. */
export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Outcome {
  const done = spawnSync(command, args, { cwd, env, encoding: "utf8", maxBuffer: 64 << 20 });
  return { ok: done.status === 0, out: done.stdout ?? "", err: done.error?.message ?? done.stderr ?? "" };
}

/** Counts named checks and prints a line for each; a failure prints what it has to say. */
export class Tally {
  passed = 0;
  failed = 0;

  /** Notes one check. `detail` is printed when it failed. */
  check(name: string, ok: boolean, detail: string): boolean {
    if (ok) this.passed++;
    else this.failed++;
    console.log(`${ok ? "ok    " : "FAILED"} ${name}`);
    if (!ok) console.log(detail.trim().replace(/^/gm, "       | "));
    return ok;
  }

  /** Prints the line that `.ci/run` adds up, and sets the exit code. */
  finish(): void {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    process.exitCode = this.failed === 0 && this.passed > 0 ? 0 : 1;
  }
}
