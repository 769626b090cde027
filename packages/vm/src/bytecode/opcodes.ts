/**
 * The instruction set, declared once. Encoder, verifier, disassembler, liveness, the JIT and the
 * documentation derive from these rows; the dispatch loop's `case` numbers are checked against them
 * by a test. A register machine: `R[x]` is the frame's register x, `K[x]` the function's constant.
 *
 * One instruction is an opcode followed by its operands, each one int32.
 *
 *   def    register that is written          use    register that is read
 *   both   register that is read and written const  index into K
 *   imm    integer                           jump   absolute index of an instruction
 *   upval  index of a captured value         span   first of `count` registers that are read
 *   base   first register of an outgoing call: four slots of frame header (the callee in the second),
 *          then `count` arguments
 *   count  how many registers a span or base covers
 */
export type OperandKind =
  | "def"
  | "use"
  | "both"
  | "const"
  | "imm"
  | "jump"
  | "upval"
  | "span"
  | "base"
  | "callee-base"
  | "count";

export interface Opcode {
  readonly code: number;
  readonly name: string;
  readonly operands: readonly { readonly name: string; readonly kind: OperandKind }[];
  /** Whole length in int32s: the opcode and its operands. */
  readonly length: number;
  readonly doc: string;
  /** Control never reaches the next instruction. */
  readonly terminates: boolean;
  /** May run SX code or leave the machine; the frame's state is complete at it. */
  readonly calls: boolean;
}

type Row = readonly [name: string, operands: string, doc: string, flags?: string];

/** Order is the numbering: append, or renumber the dispatch loop. Flags: T terminates, C calls. */
const rows: readonly Row[] = [
  ["MOVE", "to:def from:use", "R[to] = R[from]"],
  ["CONST", "to:def k:const", "R[to] = K[k]"],
  ["GLOBAL", "to:def cell:const", "R[to] = value of the cell K[cell]; unbound raises"],
  ["SETGLOBAL", "cell:const from:use", "assigns a defined cell; unbound raises"],
  ["DEFINE", "cell:const from:use", "defines the cell"],
  ["UPVAL", "to:def up:upval", "R[to] = captured value"],
  ["BOX", "reg:both", "R[reg] = new box holding R[reg]"],
  ["BOXGET", "to:def box:use", "R[to] = contents of the box R[box]"],
  ["BOXSET", "box:use from:use", "contents of the box R[box] = R[from]"],
  ["UPBOXGET", "to:def up:upval", "R[to] = contents of the captured box"],
  ["UPBOXSET", "up:upval from:use", "contents of the captured box = R[from]"],
  ["CHECKSET", "reg:use name:const", "raises unbound K[name] when R[reg] has not been initialised"],
  ["CLOSURE", "to:def spec:const", "R[to] = new closure of K[spec] over registers and captured values"],
  ["FIXUP", "closure:use up:imm from:use", "captured value `up` of the closure R[closure] = R[from]"],
  ["JUMP", "to:jump", "goes on at `to`", "T"],
  ["LOOP", "to:jump", "goes back to `to`; the machine may stop here", "TC"],
  ["JFALSE", "test:use to:jump", "jumps when R[test] is nil or false"],
  ["JTRUE", "test:use to:jump", "jumps unless R[test] is nil or false"],
  ["JSET", "reg:use to:jump", "jumps when the optional parameter R[reg] was given"],
  ["ADD", "to:def a:use b:use", "R[to] = R[a] + R[b]"],
  ["SUB", "to:def a:use b:use", "R[to] = R[a] - R[b]"],
  ["MUL", "to:def a:use b:use", "R[to] = R[a] * R[b]"],
  ["ADDI", "to:def a:use n:imm", "R[to] = R[a] + n"],
  ["LT", "to:def a:use b:use", "R[to] = R[a] < R[b]"],
  ["LE", "to:def a:use b:use", "R[to] = R[a] <= R[b]"],
  ["EQ", "to:def a:use b:use", "R[to] = (= R[a] R[b])"],
  ["NOT", "to:def a:use", "R[to] = true when R[a] is nil or false, else false"],
  ["JNLT", "a:use b:use to:jump", "jumps unless R[a] < R[b]"],
  ["JNLE", "a:use b:use to:jump", "jumps unless R[a] <= R[b]"],
  ["JNEQ", "a:use b:use to:jump", "jumps unless (= R[a] R[b])"],
  ["JNLTI", "a:use n:imm to:jump", "jumps unless R[a] < n"],
  ["JNGTI", "a:use n:imm to:jump", "jumps unless R[a] > n"],
  ["JNEQI", "a:use n:imm to:jump", "jumps unless R[a] is the number n"],
  ["JNNIL", "a:use to:jump", "jumps unless R[a] is nil"],
  ["JNEMPTY", "a:use to:jump", "jumps unless (empty? R[a])"],
  ["FIRST", "to:def a:use", "R[to] = (first R[a])"],
  ["REST", "to:def a:use", "R[to] = (rest R[a])"],
  ["CONS", "to:def a:use b:use", "R[to] = (cons R[a] R[b])"],
  ["PRIM0", "to:def prim:const", "R[to] = K[prim]()"],
  ["PRIM1", "to:def prim:const a:use", "R[to] = K[prim](R[a])"],
  ["PRIM2", "to:def prim:const a:use b:use", "R[to] = K[prim](R[a], R[b])"],
  ["PRIM3", "to:def prim:const a:use b:use c:use", "R[to] = K[prim](R[a], R[b], R[c])"],
  ["PRIMN", "to:def prim:const from:span n:count", "R[to] = K[prim](R[from] … n of them)"],
  ["TEMPLATE", "to:def k:const from:span n:count", "R[to] = the template K[k] filled with n registers"],
  ["CALL", "base:callee-base n:count to:def", "R[to] = result of the call at base", "C"],
  ["CALLGLOBAL", "cell:const base:base n:count to:def", "the same, of the value of a cell", "C"],
  [
    "CALLNAMED",
    "base:callee-base n:count named:const to:def",
    "the same; K[named] lists keyword places",
    "C",
  ],
  ["TAILCALL", "base:callee-base n:count", "calls in place of this frame", "TC"],
  ["TAILCALLGLOBAL", "cell:const base:base n:count", "the same, of the value of a cell", "TC"],
  ["TAILCALLNAMED", "base:callee-base n:count named:const", "the same with named arguments", "TC"],
  ["RETURN", "from:use", "gives R[from] to the caller", "T"],
  ["SUBI", "to:def a:use n:imm", "R[to] = R[a] - n"],
  ["JNGT", "a:use b:use to:jump", "jumps unless R[a] > R[b]"],
  ["JNGE", "a:use b:use to:jump", "jumps unless R[a] >= R[b]"],
  ["JNLEI", "a:use n:imm to:jump", "jumps unless R[a] <= n"],
  ["JNGEI", "a:use n:imm to:jump", "jumps unless R[a] >= n"],
  ["POPMARK", "result:use exit:use base:imm", "leaves a mark frame: returns, or tail-calls its exit", "TC"],
];

function parse(row: Row, code: number): Opcode {
  const [name, operandText, doc, flags = ""] = row;
  const operands = operandText.split(" ").map((text) => {
    const [operand = "", kind = ""] = text.split(":");
    return { name: operand, kind: kind as OperandKind };
  });
  return {
    code,
    name,
    operands,
    length: 1 + operands.length,
    doc,
    terminates: flags.includes("T"),
    calls: flags.includes("C"),
  };
}

/** All opcodes, by number. */
export const opcodes: readonly Opcode[] = rows.map(parse);

/** Numbers by name, for encoders. */
export const opcodeNumbers: ReadonlyMap<string, number> = new Map(opcodes.map((o) => [o.name, o.code]));

/** The number of an opcode. @throws RangeError for a name that is not in the table. */
export function op(name: string): number {
  const number = opcodeNumbers.get(name);
  if (number === undefined) throw new RangeError(`no opcode named ${name}`);
  return number;
}

/** Slots of frame header before a frame's register 0: code, closure, return pc, distance to the caller's frame. */
export const HEADER = 4;
