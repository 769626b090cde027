/** Builds a module out of its parts and encodes it. */
import { ByteWriter } from "./bytes.ts";
import { Code, type Ref, type Scope, writeValType } from "./code.ts";
import {
  type FieldType,
  type FuncDef,
  func,
  NUM_CODES,
  type TypeDef,
  type TypeRef,
  type ValType,
} from "./types.ts";

export interface Signature {
  /** A function type defined before; without it one is made from `params` and `results`. */
  readonly type?: TypeRef;
  /** Named, in order. With `type`: may be left out, else must agree with it. */
  readonly params?: Readonly<Record<string, ValType>>;
  readonly results?: readonly ValType[];
}
export interface FuncOptions extends Signature {
  /** `true`: exported under its own name. */
  readonly export?: boolean | string;
}
export interface GlobalOptions {
  readonly type: ValType;
  readonly mutable?: boolean;
  readonly export?: boolean | string;
}

type ExternalKind = "func" | "global" | "tag";
const EXTERNAL_CODES: Readonly<Record<ExternalKind | "memory", number>> = {
  func: 0x00,
  memory: 0x02,
  global: 0x03,
  tag: 0x04,
};

/** An index space: what is imported comes first, and names are unique. */
class Space {
  readonly kind: ExternalKind;
  readonly names: (string | undefined)[] = [];
  imported = 0;
  readonly #byName = new Map<string, number>();
  constructor(kind: ExternalKind) {
    this.kind = kind;
  }
  add(name: string | undefined, imported: boolean): number {
    const index = this.names.length;
    if (imported) {
      if (this.imported !== index) throw new Error(`import of ${this.kind} ${name ?? ""} after a definition`);
      this.imported++;
    }
    if (name !== undefined) {
      if (this.#byName.has(name)) throw new Error(`two ${this.kind}s named ${name}`);
      this.#byName.set(name, index);
    }
    this.names.push(name);
    return index;
  }
  index(ref: Ref): number {
    const index = typeof ref === "number" ? ref : this.#byName.get(ref);
    if (index === undefined || !(index >= 0 && index < this.names.length)) {
      throw new Error(`no ${this.kind} ${ref} in this module`);
    }
    return index;
  }
}

/** A function under construction: `op` appends to its body. */
export class Func extends Code {
  readonly index: number;
  readonly name: string;
  /** Names of parameters and then locals. */
  readonly localNames: string[];
  readonly #params: number;
  readonly #locals: ValType[] = [];
  readonly #byName = new Map<string, number>();

  constructor(scope: Scope, index: number, name: string, params: readonly string[]) {
    super(scope);
    this.index = index;
    this.name = name;
    this.localNames = [...params];
    this.#params = params.length;
    params.forEach((param, i) => {
      this.#byName.set(param, i);
    });
  }

  /** Adds a local, at any time before the module is encoded. Gives its index. */
  local(name: string, type: ValType): number {
    if (this.#byName.has(name)) throw new Error(`two locals named ${name} in ${this.name}`);
    const index = this.#params + this.#locals.length;
    this.#byName.set(name, index);
    this.#locals.push(type);
    this.localNames.push(name);
    return index;
  }

  /** The function's entry in the code section, without its size. */
  encodeBody(): ByteWriter {
    const out = new ByteWriter();
    const runs: { type: ValType; count: number }[] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last !== undefined && last.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    out.u32(runs.length);
    for (const run of runs) {
      out.u32(run.count);
      writeValType(out, this.scope, run.type);
    }
    out.append(this.finish());
    return out;
  }

  protected override localIndex(local: Ref): number {
    const index = typeof local === "number" ? local : this.#byName.get(local);
    if (index === undefined || !(index >= 0 && index < this.localNames.length)) {
      throw new Error(`no local ${local} in ${this.name}`);
    }
    return index;
  }
}

interface Import {
  readonly module: string;
  readonly field: string;
  readonly kind: ExternalKind | "memory";
  readonly write: (out: ByteWriter) => void;
}

/**
 * A module under construction. Imports come before definitions of the same kind; types, functions,
 * globals and tags are referred to by the index that their declaration gave, or by name.
 */
export class Module implements Scope {
  readonly name: string | undefined;
  /** Rec groups in order; `explicit` ones are written as such even with one member. */
  readonly #groups: {
    readonly defs: readonly TypeDef[];
    readonly explicit: boolean;
    readonly base: number;
  }[] = [];
  readonly #types: TypeDef[] = [];
  readonly #typeNames: (string | undefined)[] = [];
  readonly #typeByName = new Map<string, number>();
  readonly #funcTypes = new Map<string, number>();
  readonly #imports: Import[] = [];
  readonly #spaces = { func: new Space("func"), global: new Space("global"), tag: new Space("tag") };
  readonly #funcTypeOf: number[] = [];
  readonly #funcs: Func[] = [];
  readonly #globals: { readonly options: GlobalOptions; readonly init: Code }[] = [];
  readonly #tags: number[] = [];
  readonly #exports: { readonly name: string; readonly kind: ExternalKind; readonly index: number }[] = [];
  readonly #declared = new Set<number>();

  /** `name` goes to the name section, for tools and stack traces. */
  constructor(name?: string) {
    this.name = name;
  }

  // ---- types

  /**
   * Defines one rec group: types that may refer to each other by name. Two modules that define an
   * identical group have the same types. Gives the index of each.
   */
  rec<const T extends Readonly<Record<`$${string}`, TypeDef>>>(
    types: T,
  ): { readonly [K in keyof T]: number } {
    return Object.fromEntries(this.#group(Object.entries(types), true)) as {
      readonly [K in keyof T]: number;
    };
  }

  /** Defines one type outside any explicit group. */
  type(name: `$${string}`, def: TypeDef): number {
    const [entry] = this.#group([[name, def]], false);
    return entry === undefined ? -1 : entry[1];
  }

  #group(entries: readonly (readonly [string, TypeDef])[], explicit: boolean): [string, number][] {
    const base = this.#types.length;
    this.#groups.push({ defs: entries.map(([, def]) => def), explicit, base });
    return entries.map(([name, def], i) => {
      if (name !== "") {
        if (this.#typeByName.has(name)) throw new Error(`two types named ${name}`);
        this.#typeByName.set(name, base + i);
      }
      this.#types.push(def);
      this.#typeNames.push(name === "" ? undefined : name.slice(1));
      return [name, base + i];
    });
  }

  typeIndex(type: TypeRef): number {
    const index = typeof type === "number" ? type : this.#typeByName.get(type);
    if (index === undefined || !(index >= 0 && index < this.#types.length))
      throw new Error(`no type ${type} in this module`);
    return index;
  }

  fieldIndex(type: TypeRef, field: Ref): number {
    const def = this.#types[this.typeIndex(type)];
    if (def?.kind !== "struct") throw new Error(`${type} is not a struct`);
    const names = Object.keys(def.fields);
    const index = typeof field === "number" ? field : names.indexOf(field);
    if (!(index >= 0 && index < names.length)) throw new Error(`no field ${field} in ${type}`);
    return index;
  }

  /** The index of the plain function type with that signature, made on first use. */
  funcTypeIndex(params: readonly ValType[], results: readonly ValType[]): number {
    const key = JSON.stringify([params, results]);
    let index = this.#funcTypes.get(key);
    if (index === undefined) {
      const [entry] = this.#group([["", func(params, results)]], false);
      index = entry === undefined ? -1 : entry[1];
      this.#funcTypes.set(key, index);
    }
    return index;
  }

  #signature(signature: Signature): { readonly type: number; readonly params: readonly string[] } {
    const names = Object.keys(signature.params ?? {});
    if (signature.type === undefined) {
      return {
        type: this.funcTypeIndex(Object.values(signature.params ?? {}), signature.results ?? []),
        params: names,
      };
    }
    const type = this.typeIndex(signature.type);
    const def = this.#types[type];
    if (def?.kind !== "func") throw new Error(`${signature.type} is not a function type`);
    if (signature.params !== undefined && names.length !== def.params.length) {
      throw new Error(`${signature.type} has ${def.params.length} parameters, not ${names.length}`);
    }
    return { type, params: signature.params === undefined ? def.params.map((_, i) => `p${i}`) : names };
  }

  // ---- imports and definitions

  importFunc(module: string, field: string, signature: Signature, name: string = field): number {
    const { type } = this.#signature(signature);
    const index = this.#spaces.func.add(name, true);
    this.#funcTypeOf.push(type);
    this.#imports.push({ module, field, kind: "func", write: (out) => out.u32(type) });
    return index;
  }

  importGlobal(
    module: string,
    field: string,
    type: ValType,
    mutable: boolean = false,
    name: string = field,
  ): number {
    const index = this.#spaces.global.add(name, true);
    const write = (out: ByteWriter): void => {
      writeValType(out, this, type);
      out.byte(mutable ? 1 : 0);
    };
    this.#imports.push({ module, field, kind: "global", write });
    return index;
  }

  /** The module's one memory, of at least so many pages of 64 KiB. */
  importMemory(module: string, field: string, pages: number): void {
    const write = (out: ByteWriter): void => {
      out.byte(0);
      out.u32(pages);
    };
    this.#imports.push({ module, field, kind: "memory", write });
  }

  importTag(module: string, field: string, params: readonly ValType[], name: string = field): number {
    const type = this.funcTypeIndex(params, []);
    const index = this.#spaces.tag.add(name, true);
    const write = (out: ByteWriter): void => {
      out.byte(0);
      out.u32(type);
    };
    this.#imports.push({ module, field, kind: "tag", write });
    return index;
  }

  /** Declares a function; its body is written through what this gives, now or after other declarations. */
  func(name: string, options: FuncOptions): Func {
    const { type, params } = this.#signature(options);
    const index = this.#spaces.func.add(name, false);
    this.#funcTypeOf.push(type);
    const made = new Func(this, index, name, params);
    this.#funcs.push(made);
    this.#exportAs(options.export, name, "func", index);
    return made;
  }

  /** Defines a global; `init` writes its constant expression, which may refer to earlier globals. */
  global(name: string, options: GlobalOptions, init: (code: Code) => void): number {
    const index = this.#spaces.global.add(name, false);
    const code = new Code(this);
    init(code);
    this.#globals.push({ options, init: code });
    this.#exportAs(options.export, name, "global", index);
    return index;
  }

  tag(
    name: string,
    params: readonly ValType[],
    options: { readonly export?: boolean | string } = {},
  ): number {
    const index = this.#spaces.tag.add(name, false);
    this.#tags.push(this.funcTypeIndex(params, []));
    this.#exportAs(options.export, name, "tag", index);
    return index;
  }

  /** Exports what has been declared or imported. Names must be unique. */
  export(name: string, kind: ExternalKind, ref: Ref): void {
    if (this.#exports.some((e) => e.name === name)) throw new Error(`two exports named ${name}`);
    this.#exports.push({ name, kind, index: this.#spaces[kind].index(ref) });
  }

  #exportAs(as: boolean | string | undefined, name: string, kind: ExternalKind, index: number): void {
    if (as === true) this.export(name, kind, index);
    else if (typeof as === "string") this.export(as, kind, index);
  }

  // ---- Scope

  funcIndex(ref: Ref): number {
    return this.#spaces.func.index(ref);
  }
  globalIndex(ref: Ref): number {
    return this.#spaces.global.index(ref);
  }
  tagIndex(ref: Ref): number {
    return this.#spaces.tag.index(ref);
  }
  declare(func: number): void {
    this.#declared.add(func);
  }

  // ---- encoding

  /** The module's bytes. Throws when a function has an open block; does not validate further. */
  encode(): Uint8Array<ArrayBuffer> {
    // Bodies first: their block types may still add types.
    const bodies = this.#funcs.map((f) => f.encodeBody());
    const inits = this.#globals.map((g) => g.init.finish());
    const out = new ByteWriter();
    out.bytes(new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]));
    this.#section(out, 1, this.#groups, (to, group) => this.#writeGroup(to, group.defs, group.explicit));
    this.#section(out, 2, this.#imports, (to, entry) => {
      to.name(entry.module);
      to.name(entry.field);
      to.byte(EXTERNAL_CODES[entry.kind]);
      entry.write(to);
    });
    this.#section(out, 3, this.#funcTypeOf.slice(this.#spaces.func.imported), (to, type) => to.u32(type));
    this.#section(out, 13, this.#tags, (to, type) => {
      to.byte(0);
      to.u32(type);
    });
    this.#section(out, 6, this.#globals, (to, { options }, i) => {
      writeValType(to, this, options.type);
      to.byte(options.mutable ? 1 : 0);
      const init = inits[i];
      if (init !== undefined) to.append(init);
    });
    this.#section(out, 7, this.#exports, (to, entry) => {
      to.name(entry.name);
      to.byte(EXTERNAL_CODES[entry.kind]);
      to.u32(entry.index);
    });
    // One declarative segment names every function that `ref.func` takes a reference to.
    this.#section(
      out,
      9,
      this.#declared.size > 0 ? [[...this.#declared].sort((a, b) => a - b)] : [],
      (to, indexes) => {
        to.byte(3);
        to.byte(0);
        to.u32(indexes.length);
        for (const index of indexes) to.u32(index);
      },
    );
    this.#section(out, 10, bodies, (to, body) => {
      to.u32(body.length);
      to.append(body);
    });
    this.#names(out);
    return out.toBytes();
  }

  #section<T>(
    out: ByteWriter,
    id: number,
    items: readonly T[],
    write: (to: ByteWriter, item: T, i: number) => void,
  ): void {
    if (items.length === 0) return;
    const content = new ByteWriter();
    content.u32(items.length);
    items.forEach((item, i) => {
      write(content, item, i);
    });
    out.byte(id);
    out.u32(content.length);
    out.append(content);
  }

  #writeGroup(out: ByteWriter, defs: readonly TypeDef[], explicit: boolean): void {
    if (explicit) {
      out.byte(0x4e);
      out.u32(defs.length);
    }
    for (const def of defs) {
      if (def.open || def.parent !== undefined) {
        out.byte(def.open ? 0x50 : 0x4f);
        out.u32(def.parent === undefined ? 0 : 1);
        if (def.parent !== undefined) out.u32(this.typeIndex(def.parent));
      }
      this.#writeComposite(out, def);
    }
  }

  #writeComposite(out: ByteWriter, def: TypeDef): void {
    switch (def.kind) {
      case "struct": {
        const fields = Object.values(def.fields);
        out.byte(0x5f);
        out.u32(fields.length);
        for (const field of fields) this.#writeField(out, field);
        return;
      }
      case "array":
        out.byte(0x5e);
        this.#writeField(out, def.element);
        return;
      case "func":
        out.byte(0x60);
        this.#writeTypes(out, (def as FuncDef).params);
        this.#writeTypes(out, (def as FuncDef).results);
        return;
    }
  }

  #writeTypes(out: ByteWriter, types: readonly ValType[]): void {
    out.u32(types.length);
    for (const type of types) writeValType(out, this, type);
  }

  #writeField(out: ByteWriter, field: FieldType): void {
    if (field.type === "i8" || field.type === "i16") out.byte(NUM_CODES[field.type]);
    else writeValType(out, this, field.type);
    out.byte(field.mutable ? 1 : 0);
  }

  /** The custom section "name": what debuggers, profilers and stack traces show. */
  #names(out: ByteWriter): void {
    const content = new ByteWriter();
    content.name("name");
    const sub = (id: number, part: ByteWriter): void => {
      content.byte(id);
      content.u32(part.length);
      content.append(part);
    };
    const map = (names: readonly (string | undefined)[]): ByteWriter => {
      const part = new ByteWriter();
      const named = names.flatMap((name, i) => (name === undefined ? [] : [{ name, i }]));
      part.u32(named.length);
      for (const { name, i } of named) {
        part.u32(i);
        part.name(name);
      }
      return part;
    };
    if (this.name !== undefined) {
      const part = new ByteWriter();
      part.name(this.name);
      sub(0, part);
    }
    if (this.#spaces.func.names.length > 0) sub(1, map(this.#spaces.func.names));
    if (this.#funcs.length > 0) {
      const part = new ByteWriter();
      part.u32(this.#funcs.length);
      for (const f of this.#funcs) {
        part.u32(f.index);
        part.append(map(f.localNames));
      }
      sub(2, part);
    }
    if (this.#typeNames.some((name) => name !== undefined)) sub(4, map(this.#typeNames));
    if (this.#spaces.global.names.length > 0) sub(7, map(this.#spaces.global.names));
    const fields = this.#types.flatMap((def, i) =>
      def.kind === "struct" ? [{ i, names: Object.keys(def.fields) }] : [],
    );
    if (fields.length > 0) {
      const part = new ByteWriter();
      part.u32(fields.length);
      for (const { i, names } of fields) {
        part.u32(i);
        part.append(map(names));
      }
      sub(10, part);
    }
    if (this.#spaces.tag.names.length > 0) sub(11, map(this.#spaces.tag.names));
    out.byte(0);
    out.u32(content.length);
    out.append(content);
  }
}
