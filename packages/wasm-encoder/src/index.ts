/** Writes WebAssembly modules, with GC types, tail calls and exceptions, as bytes. */
export { ByteWriter } from "./bytes.ts";
export {
  type Block,
  type Cast,
  type Catch,
  Code,
  type ImmediateKind,
  type Immediates,
  type MemoryAccess,
  type Ref,
  type Scope,
} from "./code.ts";
export { Func, type FuncOptions, type GlobalOptions, Module, type Signature } from "./module.ts";
export { OPCODE_ROWS, OPCODES, type Opcode } from "./opcodes.ts";
export * from "./types.ts";
