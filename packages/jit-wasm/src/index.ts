/** Compiles hot SX bytecode to WebAssembly, over the heap of the VM. */
export { type JitEvent, type JitOptions, type JitStats, WasmJit } from "./jit.ts";
