/** Fibers that outlive their process. */
export { DurableFibers, type DurableOptions, type FiberStatus } from "./durable.ts";
export type { Point } from "./run.ts";
export type { FiberAtomic, FiberEntry, FiberPage, FiberStore } from "./store.ts";
