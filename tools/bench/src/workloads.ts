/**
 * The programs that are measured: each is an idiomatic `.sx` file in `workloads/` beside the same thing as
 * one would write it in TypeScript. Both export `run`, which takes a size and gives a checksum. Some are there a third
 * time, in `emitted/`, as a compiler from SX to JavaScript would emit them.
 */
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface Workload {
  readonly name: string;
  /** Absolute path of the `.sx` file. */
  readonly file: string;
  /** The TypeScript version. */
  readonly run: (size: number) => number | string;
  /** The emitted version. */
  readonly emitted?: (size: number) => unknown;
  /** The size that is measured. */
  readonly size: number;
  /** A size for tests. */
  readonly small: number;
  /** A size for what is hundreds of times slower than JavaScript. */
  readonly brief?: number;
}

/** The ten that peers are measured on, in the order of the table. */
export const TEN: readonly string[] = [
  "fib",
  "tak",
  "loop",
  "nqueens",
  "nbody",
  "spectral",
  "pipeline",
  "page",
  "closure",
  "words",
];

/** How many times the time of JavaScript compiled code is to take at most. */
export const GOALS: Readonly<Record<string, number>> = {
  fib: 1.25,
  tak: 1.1,
  loop: 1.6,
  mutual: 4.5,
  mandelbrot: 1.3,
  nbody: 3.5,
  pipeline: 1.4,
  page: 1.3,
  lookup: 0.8,
  saturation: 3,
};

const folder = new URL("../workloads/", import.meta.url);

interface Twin {
  readonly run: Workload["run"];
  readonly size: number;
  readonly small: number;
  readonly brief?: number;
}

/** Every workload, by name. */
export async function workloads(): Promise<Workload[]> {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".sx"))
    .map((file) => file.slice(0, -".sx".length));
  return Promise.all(
    names.sort().map(async (name): Promise<Workload> => {
      const file = fileURLToPath(new URL(`${name}.sx`, folder));
      const { run, size, small, brief } = (await import(new URL(`${name}.ts`, folder).href)) as Twin;
      const emitted = new URL(`emitted/${name}.ts`, folder);
      return {
        name,
        file,
        run,
        size,
        small,
        ...(brief !== undefined && { brief }),
        ...(existsSync(emitted) && {
          emitted: ((await import(emitted.href)) as { readonly run: (size: number) => unknown }).run,
        }),
      };
    }),
  );
}
