/**
 * The programs that are measured: each is an idiomatic `.sx` file in `workloads/` beside the same thing as
 * one would write it in TypeScript. Both export `run`, which takes a size and gives a checksum.
 */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface Workload {
  readonly name: string;
  /** Absolute path of the `.sx` file. */
  readonly file: string;
  /** The TypeScript version. */
  readonly run: (size: number) => number | string;
  /** The size that is measured. */
  readonly size: number;
  /** A size for tests. */
  readonly small: number;
}

const folder = new URL("../workloads/", import.meta.url);

/** Every workload, by name. */
export async function workloads(): Promise<Workload[]> {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".sx"))
    .map((file) => file.slice(0, -".sx".length));
  return Promise.all(
    names.sort().map(async (name): Promise<Workload> => {
      const file = fileURLToPath(new URL(`${name}.sx`, folder));
      const peer = (await import(new URL(`${name}.ts`, folder).href)) as Omit<Workload, "name" | "file">;
      return { name, file, run: peer.run, size: peer.size, small: peer.small };
    }),
  );
}
