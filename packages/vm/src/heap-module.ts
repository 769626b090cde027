/** For compilers of modules that share the heap: its types, and how its own module is built. */
export { MAX_DIRECT_ARITY } from "./heap/arity.ts";
export { buildHeap } from "./heap/module.ts";
export { HEAP_TYPES } from "./heap/types.ts";
