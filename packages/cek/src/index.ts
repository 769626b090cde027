/** The reference evaluator of SX: a CEK machine over Core, written for reading. */
export { Cek } from "./engine.ts";
export { Program } from "./program.ts";
export { type CekTier, cekTier } from "./tier.ts";
