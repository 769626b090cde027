/** A runtime with the library and what tests ask of it, programs and facts going in as text. */
import { fileURLToPath } from "node:url";
import { createRuntime, type Runtime } from "sorbus";

/** @param tier see `createRuntime` */
export async function datalogRuntime(): Promise<Runtime> {
  const runtime = createRuntime();
  await runtime.load(fileURLToPath(new URL("support.sx", import.meta.url)));
  return runtime;
}
