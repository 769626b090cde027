/** `sx test`: language cases with their expectations beside the code, on the engines that there are. */
import { existsSync } from "node:fs";
import { fail } from "../session.ts";

export async function testCommand(dir: string, flags: { readonly tier?: string }): Promise<void> {
  if (!existsSync(dir)) return fail(`there is no folder ${dir}`);
  const { runFolder } = await import("@sorbus/conformance");
  const { passed, failed, report } = await runFolder(dir, flags.tier);
  process.stdout.write(report);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  if (failed > 0 || passed === 0) process.exitCode = 1;
}
