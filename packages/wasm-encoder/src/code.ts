/** Writes instructions: of a function's body, or of a constant expression. */
import { ByteWriter } from "./bytes.ts";
import { OPCODE_ROWS, type OPCODES, type Opcode } from "./opcodes.ts";
import { HEAP_CODES, type HeapType, NUM_CODES, type RefType, type TypeRef, type ValType } from "./types.ts";

/** A name or an index. */
export type Ref = string | number;

export interface Block {
  /** For branches to this block. Inner labels shadow outer ones of the same name. */
  readonly label?: string;
  readonly params?: readonly ValType[];
  readonly results?: readonly ValType[];
}

/** A clause of a `try_table`: with a tag it catches that, without one all; `ref` also passes the exnref. */
export interface Catch {
  readonly tag?: Ref;
  readonly ref?: boolean;
  readonly label: Ref;
}

export interface Cast {
  readonly label: Ref;
  readonly from: RefType;
  readonly to: RefType;
}

export interface MemoryAccess {
  /** Its binary logarithm. */
  readonly align: number;
  readonly offset: number;
}

interface ImmediateTypes {
  mem: MemoryAccess;
  local: Ref;
  global: Ref;
  func: Ref;
  funcref: Ref;
  tag: Ref;
  type: TypeRef;
  field: Ref;
  u32: number;
  i32: number;
  i64: bigint;
  f32: number;
  f64: number;
  heap: HeapType;
  ref: RefType;
  block: Block;
  label: Ref;
  labels: readonly Ref[];
  cast: Cast;
  catches: readonly Catch[];
  types: readonly ValType[];
}
export type ImmediateKind = keyof ImmediateTypes;
type ImmediatesOf<Kinds extends readonly ImmediateKind[]> = {
  [I in keyof Kinds]: ImmediateTypes[Kinds[I]];
};
/** The immediates that an instruction takes after its name. */
export type Immediates<O extends Opcode> = ImmediatesOf<(typeof OPCODES)[O][1]>;

/** What the code of a module may refer to; the module answers. */
export interface Scope {
  typeIndex(type: TypeRef): number;
  fieldIndex(type: TypeRef, field: Ref): number;
  funcIndex(ref: Ref): number;
  globalIndex(ref: Ref): number;
  tagIndex(ref: Ref): number;
  funcTypeIndex(params: readonly ValType[], results: readonly ValType[]): number;
  /** Told of each `ref.func`, which WebAssembly wants declared beforehand. */
  declare(func: number): void;
}

export function writeHeapType(out: ByteWriter, scope: Scope, heap: HeapType): void {
  if (typeof heap === "number" || heap.startsWith("$")) out.s32(scope.typeIndex(heap as TypeRef));
  else out.byte(HEAP_CODES[heap as keyof typeof HEAP_CODES]);
}

export function writeValType(out: ByteWriter, scope: Scope, type: ValType): void {
  if (typeof type === "string") {
    out.byte(NUM_CODES[type]);
  } else if (type.nullable && typeof type.heap === "string" && !type.heap.startsWith("$")) {
    writeHeapType(out, scope, type.heap);
  } else {
    out.byte(type.nullable ? 0x63 : 0x64);
    writeHeapType(out, scope, type.heap);
  }
}

export class Code {
  protected readonly bytes: ByteWriter = new ByteWriter();
  protected readonly scope: Scope;
  readonly #labels: (string | undefined)[] = [];
  /** The type that a `field` immediate belongs to. */
  #type: TypeRef = 0;

  constructor(scope: Scope) {
    this.scope = scope;
  }

  /** Bytes written so far: a label for tools that map code back to its source. */
  get size(): number {
    return this.bytes.length;
  }

  /**
   * Appends one instruction, its immediates in the order of the opcode table.
   * Throws an Error when a name is unknown in this module, function or block.
   */
  op<O extends Opcode>(name: O, ...immediates: Immediates<O>): this {
    const [code, kinds] = OPCODE_ROWS[name];
    if (kinds[0] === "ref") {
      const type = immediates[0] as RefType;
      this.#opcode(code + (type.nullable ? 1 : 0));
      writeHeapType(this.bytes, this.scope, type.heap);
      return this;
    }
    this.#opcode(code);
    for (let i = 0; i < kinds.length; i++) {
      this.#immediate(kinds[i] as ImmediateKind, immediates[i] as ImmediateTypes[ImmediateKind]);
    }
    if (name === "end") {
      if (this.#labels.pop() === undefined) throw new Error("end without a block");
    } else if (kinds[0] === "block") {
      this.#labels.push((immediates[0] as Block).label ?? "");
    }
    return this;
  }

  /** A part of a body that is written elsewhere: `code.do(loadArguments)`. */
  do(part: (code: this) => void): this {
    part(this);
    return this;
  }

  /** The finished expression with its closing `end`. Throws when a block is still open. */
  finish(): ByteWriter {
    if (this.#labels.length > 0)
      throw new Error(`unclosed block ${this.#labels.at(-1) || "without a label"}`);
    const out = new ByteWriter();
    out.append(this.bytes);
    out.byte(0x0b);
    return out;
  }

  /** Overridden by functions, which have locals. */
  protected localIndex(local: Ref): number {
    throw new Error(`no local ${local} in a constant expression`);
  }

  #opcode(code: number): void {
    if (code > 0xff) {
      this.bytes.byte(code >> 8);
      this.bytes.u32(code & 0xff);
    } else {
      this.bytes.byte(code);
    }
  }

  #immediate(kind: ImmediateKind, value: ImmediateTypes[ImmediateKind]): void {
    const { bytes, scope } = this;
    switch (kind) {
      case "local":
        bytes.u32(this.localIndex(value as Ref));
        return;
      case "global":
        bytes.u32(scope.globalIndex(value as Ref));
        return;
      case "tag":
        bytes.u32(scope.tagIndex(value as Ref));
        return;
      case "func":
        bytes.u32(scope.funcIndex(value as Ref));
        return;
      case "funcref": {
        const index = scope.funcIndex(value as Ref);
        scope.declare(index);
        bytes.u32(index);
        return;
      }
      case "type":
        this.#type = value as TypeRef;
        bytes.u32(scope.typeIndex(this.#type));
        return;
      case "field":
        bytes.u32(scope.fieldIndex(this.#type, value as Ref));
        return;
      case "u32":
        bytes.u32(value as number);
        return;
      case "i32":
        bytes.s32(value as number);
        return;
      case "i64":
        bytes.s64(value as bigint);
        return;
      case "f32":
        bytes.f32(value as number);
        return;
      case "f64":
        bytes.f64(value as number);
        return;
      case "heap":
        writeHeapType(bytes, scope, value as HeapType);
        return;
      case "block":
        this.#blockType(value as Block);
        return;
      case "label":
        bytes.u32(this.#depth(value as Ref));
        return;
      case "labels": {
        const labels = value as readonly Ref[];
        bytes.u32(labels.length);
        for (const label of labels) bytes.u32(this.#depth(label));
        return;
      }
      case "cast": {
        const { label, from, to } = value as Cast;
        bytes.byte((from.nullable ? 1 : 0) | (to.nullable ? 2 : 0));
        bytes.u32(this.#depth(label));
        writeHeapType(bytes, scope, from.heap);
        writeHeapType(bytes, scope, to.heap);
        return;
      }
      case "catches":
        this.#catches(value as readonly Catch[]);
        return;
      case "types": {
        const types = value as readonly ValType[];
        bytes.u32(types.length);
        for (const type of types) writeValType(bytes, scope, type);
        return;
      }
      case "mem": {
        const { align, offset } = value as MemoryAccess;
        bytes.u32(align);
        bytes.u32(offset);
        return;
      }
      case "ref":
        throw new Error("a ref immediate stands alone");
    }
  }

  #blockType(block: Block): void {
    const params = block.params ?? [];
    const results = block.results ?? [];
    const [only] = results;
    if (params.length === 0 && only === undefined) this.bytes.byte(0x40);
    else if (params.length === 0 && results.length === 1 && only !== undefined)
      writeValType(this.bytes, this.scope, only);
    else this.bytes.s32(this.scope.funcTypeIndex(params, results));
  }

  #depth(label: Ref): number {
    if (typeof label === "number") return label;
    const at = this.#labels.lastIndexOf(label);
    if (at < 0) throw new Error(`no block is labelled ${label}`);
    return this.#labels.length - 1 - at;
  }

  #catches(clauses: readonly Catch[]): void {
    this.bytes.u32(clauses.length);
    for (const { tag, ref, label } of clauses) {
      this.bytes.byte((tag === undefined ? 2 : 0) + (ref ? 1 : 0));
      if (tag !== undefined) this.bytes.u32(this.scope.tagIndex(tag));
      // The labels of the clauses are those around the try_table, which is not yet open here.
      this.bytes.u32(this.#depth(label));
    }
  }
}
