/** The cases of spec/, and every way to run them. */
import { readdirSync, readFileSync } from "node:fs";
import { type Case, parseSpec } from "./case.ts";

export { check, FUZZED_WAYS, nameOf, REFERENCE, Runs, WAYS, type Way } from "./ways.ts";

const folder = new URL("../../../spec/", import.meta.url);

/** The names of the spec files. */
export const SPEC_FILES: readonly string[] = readdirSync(folder).filter((name) => name.endsWith(".sx"));

export function casesOf(name: string): Case[] {
  return parseSpec(`spec/${name}`, readFileSync(new URL(name, folder), "utf8"));
}
