/** The heap, the bytecode machine, fibers, primitives, the prelude written in SX, and markup. */
export { Assembler, type Label } from "./bytecode/assemble.ts";
export {
  type ClosureSpec,
  COLD,
  Code,
  type CodeInit,
  type Locate,
  positionAt,
  reseed,
  UNSET,
  type UnitCode,
} from "./bytecode/code.ts";
export { disassemble, disassembleUnit } from "./bytecode/disassemble.ts";
export { effectOf, instructions, liveAt, liveRegisters } from "./bytecode/liveness.ts";
export { HEADER, type Opcode, type OperandKind, op, opcodes } from "./bytecode/opcodes.ts";
export { verify } from "./bytecode/verify.ts";
export * from "./control/builtins.ts";
export { keepsFrame } from "./control/frames.ts";
export { isInherited } from "./control/marks.ts";
export { CorruptBytes, type Extension, freezeGraph, thawGraph } from "./freeze/graph.ts";
export { type FreezeWorld, freezeTree, thawTree, treeExtensions } from "./freeze/tree.ts";
export { packUnit, unpackUnit } from "./freeze/units.ts";
export * from "./heap/index.ts";
export { liveSize } from "./heap/live.ts";
export * from "./heap/value.ts";
export * from "./machine/arity.ts";
export { type SplitArguments, splitNamed } from "./machine/bind.ts";
export { type ResolvedCall, resolveCall } from "./machine/call.ts";
export * from "./machine/engine.ts";
export type { Jit, JitExit, LeftFrame, Marks } from "./machine/jit.ts";
export { Machine, type MachineHost } from "./machine/machine.ts";
export { payloadOf } from "./machine/raised.ts";
export {
  type Budget,
  type Freezer,
  type StartThread,
  Task,
  TaskTree,
  type Thread,
  type ThreadStep,
  taskList,
} from "./machine/tasks.ts";
export * from "./markup/index.ts";
export { type PreludeDefinition, preludeDefinitions } from "./prelude/definitions.ts";
export {
  DeclaredPrimitive,
  declare,
  formToValue,
  groups,
  primitives,
  Regex,
  regexExtension,
} from "./primitives/index.ts";
export { Primitive, type Purity } from "./primitives/primitive.ts";
