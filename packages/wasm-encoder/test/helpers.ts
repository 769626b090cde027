/** The engine, as far as tests need it. */
interface Exports {
  readonly [name: string]: unknown;
}
interface WasmApi {
  validate(bytes: Uint8Array): boolean;
  Module: (new (bytes: Uint8Array) => object) & { exports(module: object): { name: string; kind: string }[] };
  Instance: new (
    module: object,
    imports?: Record<string, Record<string, unknown>>,
  ) => { readonly exports: Exports };
  Tag: new (options: { parameters: string[] }) => object;
  Exception: new (tag: object, payload: unknown[]) => object;
}
export const wasm: WasmApi = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;

/** Compiles with a readable error, instantiates, and gives the exports as functions. */
export function run(
  bytes: Uint8Array,
  imports: Record<string, Record<string, unknown>> = {},
): Record<string, (...args: unknown[]) => unknown> {
  const { exports } = new wasm.Instance(new wasm.Module(bytes), imports);
  return exports as Record<string, (...args: unknown[]) => unknown>;
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join(" ");
}
