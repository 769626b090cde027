/** `sx disassemble`: the bytecode that a program's definitions are compiled to. Runs the program. */

import { disassembleUnit } from "@sorbus/vm";
import { vmTierWith } from "sorbus";
import { CommandError, ended } from "../ending.ts";
import { print } from "../output.ts";
import { withSession } from "../session.ts";
import { needFile } from "./run.ts";

export function disassembleCommand(file: string, name: string | undefined): Promise<void> {
  const units: { id: string; text: string }[] = [];
  const tier = vmTierWith({ onUnit: (code) => units.push({ id: code.id, text: disassembleUnit(code) }) });
  return withSession(
    {},
    async ({ runtime }) => {
      needFile(file);
      await runtime.loadValue(file, { signal: ended });
      const wanted = units.filter(({ id }) => name === undefined || id.endsWith(`/${name}`));
      if (wanted.length === 0 && name !== undefined) throw new CommandError(`${file} defines no ${name}`);
      for (const { id, text } of wanted) print(`; ${id}\n${text}\n`);
    },
    { tier },
  );
}
