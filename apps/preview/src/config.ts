/**
 * What a project says of its previews, in `preview.json` in the folder of the file or one above it. What is named
 * there is relative to it. The command line wins over it.
 */
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import * as z from "zod";
import { Problem } from "./problem.ts";
import type { Traits } from "./reloader.ts";
import { traitsSchema } from "./vocabulary/traits.ts";

export const CONFIG_NAME = "preview.json";

const schema = z.strictObject({
  stylesheets: z
    .array(z.string())
    .optional()
    .describe("Addresses of style sheets for previews that are no whole pages"),
  assets: z
    .record(z.string().regex(/^\/(.*\/)?$/, "an address that begins and ends with a slash"), z.string())
    .optional()
    .describe('Folders by address, such as {"/assets/": "theme/static"}'),
  traits: traitsSchema.optional().describe("Traits that sessions start with"),
  variants: z.array(z.string()).optional().describe("What snapshot-all takes pictures of"),
  setup: z
    .string()
    .optional()
    .describe("An .sx file whose `setup` runs once, and whose `wrap` is around every render"),
  cap: z.int().min(1).optional().describe("Generations after which the program's process is replaced"),
  timeLimit: z.number().positive().optional().describe("Milliseconds that a render may take"),
});

export interface ProjectConfig {
  /** The file; undefined: there is none. */
  readonly path: string | undefined;
  /** The project's folder: that of the configuration, else that of the file. */
  readonly root: string;
  readonly stylesheets: readonly string[];
  /** Absolute folders by address. */
  readonly assets: readonly (readonly [string, string])[];
  readonly traits: Traits;
  readonly variants: readonly string[] | undefined;
  /** Absolute. */
  readonly setup: string | undefined;
  readonly cap: number | undefined;
  readonly timeLimit: number | undefined;
}

/** The configuration that holds for a file. @throws Problem if it cannot be read or has something wrong in it */
export function findConfig(file: string): ProjectConfig {
  for (let folder = dirname(resolve(file)); ; folder = dirname(folder)) {
    const path = join(folder, CONFIG_NAME);
    let text: string | undefined;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    if (text !== undefined) return parseConfig(path, text, folder);
    if (dirname(folder) === folder) return parseConfig(undefined, "{}", dirname(resolve(file)));
  }
}

function parseConfig(path: string | undefined, text: string, folder: string): ProjectConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(path, error instanceof Error ? error.message : String(error));
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw wrong(path, z.prettifyError(parsed.error));
  const { data } = parsed;
  return {
    path,
    root: folder,
    stylesheets: data.stylesheets ?? [],
    assets: Object.entries(data.assets ?? {}).map(
      ([prefix, name]) => [prefix, resolve(folder, name)] as const,
    ),
    traits: (data.traits ?? {}) as Traits,
    variants: data.variants,
    setup: data.setup === undefined ? undefined : resolve(folder, data.setup),
    cap: data.cap,
    timeLimit: data.timeLimit,
  };
}

function wrong(path: string | undefined, detail: string): Problem {
  return new Problem({
    phase: "files",
    code: "configuration",
    message: `the configuration ${path} has something wrong in it`,
    detail,
    remediation: `Mend ${path}; it may have the keys ${Object.keys(schema.shape).join(", ")}.`,
  });
}
