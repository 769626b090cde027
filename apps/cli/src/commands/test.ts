/** `sx test`: language cases with their expectations beside the code, on the engines that there are. */

import { existsSync } from "node:fs";
import { EXIT, fail } from "../ending.ts";
import { print } from "../output.ts";
import { reportFailure } from "../session.ts";

export async function testCommand(path: string, flags: { readonly tier?: string }): Promise<void> {
  if (!existsSync(path)) return fail(`there is no file or folder ${path}`);
  const { runFolder } = await import("@sorbus/conformance");
  try {
    const { passed, failed, report } = await runFolder(path, flags.tier);
    if (passed + failed === 0) {
      return fail(`there are no cases in ${path}; a case begins with a line ";;; case: name"`);
    }
    print(`${report}${passed} passed, ${failed} failed\n`);
    if (failed > 0) process.exitCode = EXIT.failed;
  } catch (error) {
    if (error instanceof RangeError) fail(error.message, EXIT.usage);
    else reportFailure(error, undefined);
  }
}
