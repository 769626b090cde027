/** For compilers of modules that share the heap: its types and functions as they are, and how its own module is built. */
export { MAX_DIRECT_ARITY } from "./heap/arity.ts";
export { heap, heapModule, put } from "./heap/instance.ts";
export { buildHeap } from "./heap/module.ts";
export { HEAP_TYPES } from "./heap/types.ts";
export { instantiate, wasmMemory } from "./heap/wasm.ts";
