/** Where this machine has PostgreSQL's own programs, and what a test does when it has none. */
import { accessSync, constants, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface PostgresBinaries {
  /** The folder that has `postgres` and `initdb`. */
  readonly folder: string;
}

/** Folders that hold one folder for each installed version: Debian's, then those of other systems. */
const VERSIONED = ["/usr/lib/postgresql", "/usr/local/opt", "/opt/homebrew/opt", "/usr/pgsql"];

/**
 * Looks into `POSTGRES_BIN` if it is set, else on the PATH, then where systems put versions beside each other,
 * the newest first. Debian keeps `postgres` off the PATH.
 */
export function findPostgres(
  env: Readonly<Record<string, string | undefined>> = process.env,
): PostgresBinaries | undefined {
  const folders =
    env.POSTGRES_BIN !== undefined
      ? [env.POSTGRES_BIN]
      : [...(env.PATH ?? "").split(delimiter), ...VERSIONED.flatMap(versionsIn)];
  const folder = folders.find((each) => each !== "" && has(each, "postgres") && has(each, "initdb"));
  return folder === undefined ? undefined : { folder };
}

function versionsIn(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => /^(?:postgresql@?)?\d*$/.test(name))
    .sort((a, b) => b.localeCompare(a, "en", { numeric: true }))
    .map((name) => join(folder, name, "bin"));
}

function has(folder: string, program: string): boolean {
  try {
    accessSync(join(folder, program), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const HOW =
  "Install it (Debian: apt-get install postgresql) or name the folder of `postgres` and `initdb` in POSTGRES_BIN";

let said = false;

/**
 * For `describe.skipIf(!postgresOrSkip())`: whether there is a PostgreSQL. Where there is none, it says so on
 * stderr, once a process; in CI it throws, so that a green run means that these tests have run.
 */
export function postgresOrSkip(env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  if (findPostgres(env) !== undefined) return true;
  if (env.CI) throw new Error(`There is no PostgreSQL on this machine, and CI must have one. ${HOW}`);
  if (!said) console.error(`\n*** PostgreSQL was not found: its tests are SKIPPED. ${HOW}. ***\n`);
  said = true;
  return false;
}
