/** `sx disassemble`: the bytecode that a program's definitions are compiled to. Runs the program. */
import { disassembleUnit } from "@sorbus/vm";
import { vmTierWith } from "sorbus";
import { fail, withSession } from "../session.ts";
import { missingFile } from "./run.ts";

export async function disassembleCommand(file: string, name: string | undefined): Promise<void> {
  const missing = missingFile(file);
  if (missing !== undefined) return fail(missing);
  const units: { id: string; text: string }[] = [];
  const tier = vmTierWith({ onUnit: (code) => units.push({ id: code.id, text: disassembleUnit(code) }) });
  await withSession({}, ({ runtime }) => runtime.loadValue(file), { tier });
  const wanted = units.filter(({ id }) => name === undefined || id.endsWith(`/${name}`));
  if (wanted.length === 0 && name !== undefined) return fail(`${file} defines no ${name}`);
  for (const { id, text } of wanted) process.stdout.write(`; ${id}\n${text}\n`);
}
