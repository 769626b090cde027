/** The little of the WebAssembly JavaScript API that is used, and the check that GC types exist. */
import { probeBytes } from "./bytes.ts";

interface WasmGlobal {
  readonly value: unknown;
}
interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
interface WasmApi {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (
    module: object,
    imports: Record<string, Record<string, unknown>>,
  ) => {
    readonly exports: Record<string, unknown>;
  };
  Memory: new (descriptor: { initial: number }) => WasmMemory;
}

/** What an engine needs to run SX. */
export const REQUIREMENT =
  "Sorbus needs WebAssembly with garbage-collected types: Node 22, Chrome 119, Firefox 120, Safari 18.2, or later";

/** The engine's WebAssembly. Throws one clear Error where GC types are missing. */
export function wasmApi(): WasmApi {
  const api = (globalThis as { WebAssembly?: WasmApi }).WebAssembly;
  if (api === undefined || !api.validate(probeBytes())) throw new Error(REQUIREMENT);
  return api;
}

/** Compiles and instantiates at once. The modules are small, so blocking is right. */
export function instantiate(
  bytes: Uint8Array,
  imports: Record<string, Record<string, unknown>>,
): Record<string, unknown> {
  const api = wasmApi();
  return new api.Instance(new api.Module(bytes), imports).exports;
}

/** A linear memory of so many pages of 64 KiB; `buffer` is a new one after each `grow`. */
export function wasmMemory(pages: number): {
  readonly object: object;
  readonly grow: (pages: number) => void;
  readonly buffer: () => ArrayBuffer;
} {
  const memory = new (wasmApi().Memory)({ initial: pages });
  return {
    object: memory,
    grow: (more) => {
      memory.grow(more);
    },
    buffer: () => memory.buffer,
  };
}

/** The value of an exported global. */
export function globalValue(exported: unknown): object {
  return (exported as WasmGlobal).value as object;
}
