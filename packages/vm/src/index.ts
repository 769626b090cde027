/** The heap, the bytecode machine, fibers, primitives, the prelude written in SX, and markup. */
export * from "./heap/index.ts";
export * from "./heap/value.ts";
export { Primitive, type Purity } from "./primitives/primitive.ts";
export * from "./control/builtins.ts";
export * from "./machine/arity.ts";
export * from "./machine/engine.ts";
