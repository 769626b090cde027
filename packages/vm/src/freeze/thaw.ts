/** Bytes to values: runs the instructions that `freeze` wrote. */
import {
  box,
  boxSet,
  type Callee,
  closure,
  closureSet,
  closureSize,
  record,
  recordSet,
  recordType,
} from "../heap/cells.ts";
import { dictFrom, EMPTY_DICT } from "../heap/dict.ts";
import { EMPTY, FALSE, heap, NIL, put, structOf, TRUE } from "../heap/instance.ts";
import { SxSet } from "../heap/set.ts";
import { HashTable } from "../heap/table.ts";
import {
  Applicable,
  Condition,
  type ConditionSpan,
  Deferred,
  intern,
  Markup,
  RecordType,
  type StackFrame,
  TrustedUrl,
  type Value,
} from "../heap/value.ts";
import { makeVector, vectorSet } from "../heap/vector.ts";
import { CorruptBytes, Reader } from "./bytes.ts";
import type { Extension } from "./graph.ts";
import { MAGIC, NEAR, OPS, SMALL, VALUES, VERSION } from "./ops.ts";

function corrupt(what: string): never {
  throw new CorruptBytes(what);
}

export class Thawer {
  readonly #in: Reader;
  readonly #extensions: ReadonlyMap<string, Extension>;
  readonly #made: object[] = [];
  /** Extensions of the objects that were made by one. */
  readonly #by = new Map<object, Extension>();
  readonly #bounds: { from: number; to: number }[] = [];
  /** Buffers with the offset that theirs was. */
  readonly #buffers = new Map<object, { from: number; to: number }>();

  constructor(bytes: Uint8Array, extensions: readonly Extension[]) {
    this.#in = new Reader(bytes);
    this.#extensions = new Map(extensions.map((e) => [e.tag, e]));
  }

  thaw(): Value[] {
    const input = this.#in;
    for (const byte of MAGIC) if (input.byte() !== byte) throw new CorruptBytes("the first bytes are others");
    const version = input.byte();
    if (version !== VERSION) throw new CorruptBytes(`its version is ${version}, this reads ${VERSION}`);
    for (let n = input.count(); n > 0; n--) {
      const from = input.size();
      const to = input.size();
      // Each element of a buffer is filled in by at least a byte.
      if (to < from || to - from > 2 * input.left) throw new CorruptBytes("bounds of a buffer");
      this.#bounds.push({ from, to });
    }
    for (;;) {
      const op = input.byte();
      if (op === OPS.roots) return this.#values();
      if (op === OPS.fill) this.#fill(this.#object(), this.#values());
      else if (op === OPS.fillBuffer) this.#fillBuffer();
      else this.#made.push(this.#make(op));
    }
  }

  #make(op: number): object {
    const input = this.#in;
    switch (op) {
      case OPS.pair: {
        const cdr = this.#value();
        return heap.cons(put(this.#value()), cdr) ?? corrupt("the rest of a pair");
      }
      case OPS.slice: {
        const buffer = this.#object();
        const bounds = this.#boundsOf(buffer);
        const from = input.size();
        const n = input.size();
        if (n === 0 || from < bounds.from || from + n > bounds.to) throw new CorruptBytes("bounds of a list");
        return heap.slice(buffer, from - bounds.from, n);
      }
      case OPS.buffer: {
        const bounds = this.#bounds[this.#buffers.size];
        if (bounds === undefined) throw new CorruptBytes("more buffers than announced");
        const n = bounds.to - bounds.from;
        const buffer = heap.buf(n, 0, n);
        for (let i = 0; i < n; i++) heap.bufSet(buffer, i, NIL);
        this.#buffers.set(buffer, bounds);
        return buffer;
      }
      case OPS.dict:
        return dictFrom(
          Array.from({ length: input.count() }, (): [string, Value] => {
            const key = input.string();
            return [key, this.#value()];
          }),
        ) as object;
      case OPS.vector:
        return makeVector(input.count(), NIL) as object;
      case OPS.floats: {
        const n = input.count();
        const made = makeVector(n, 0);
        for (let i = 0; i < n; i++) vectorSet(made, i, input.double());
        return made as object;
      }
      case OPS.set:
        return SxSet.unfilled();
      case OPS.table:
        return new HashTable();
      case OPS.box:
        return box(NIL) as object;
      case OPS.closure: {
        const code = this.#object();
        if (!this.#by.has(code)) corrupt("the code of a closure");
        return closure(code as Callee, new Array<Value>(input.count()).fill(NIL)) as object;
      }
      case OPS.record: {
        const type = this.#object();
        if (!(type instanceof RecordType)) throw new CorruptBytes("the type of a record");
        return record(
          type,
          type.fields.map(() => NIL),
        ) as object;
      }
      case OPS.recordType: {
        const name = input.string();
        const fields = input.plain();
        if (!Array.isArray(fields) || !fields.every((f) => typeof f === "string"))
          return corrupt("the fields of a type");
        return new RecordType(name, fields);
      }
      case OPS.condition: {
        const kind = input.string();
        const message = input.string();
        const place = this.#record() as {
          span?: ConditionSpan | undefined;
          stack?: readonly StackFrame[] | undefined;
        };
        const made = new Condition(kind, message, this.#value());
        made.span = place.span;
        made.stack = place.stack;
        return made;
      }
      case OPS.markup:
        return this.#markup();
      case OPS.deferred:
        return new Deferred(this.#value());
      case OPS.trustedUrl:
        return new TrustedUrl(input.string());
      case OPS.bytes:
        return input.bytes(input.size());
      case OPS.applicable:
        return this.#applicable(input.string());
      case OPS.extension: {
        const tag = input.string();
        const extension = this.#extensions.get(tag);
        if (extension === undefined) throw new CorruptBytes(`nobody here knows a ${tag}`);
        const made = extension.make(input.plain());
        this.#by.set(made, extension);
        return made;
      }
      default:
        throw new CorruptBytes(`instruction ${op}`);
    }
  }

  #applicable(kind: string): Applicable {
    if (kind !== "continuation" && kind !== "parameter") return corrupt("the kind of an applicable");
    return new Applicable(kind, NIL);
  }

  #markup(): Markup {
    const { parts, refused } = this.#record();
    const held = this.#values();
    const condition = refused === true ? held.shift() : undefined;
    if (refused === true && !(condition instanceof Condition)) throw new CorruptBytes("what markup refused");
    const why = condition instanceof Condition ? condition : undefined;
    if (typeof parts === "string") return new Markup(parts, why);
    if (!Array.isArray(parts)) corrupt("the parts of markup");
    const whole = (parts as unknown[]).map((part): string | Deferred => {
      if (typeof part === "string") return part;
      const deferred = held.shift();
      if (!(deferred instanceof Deferred)) throw new CorruptBytes("a part of markup");
      return deferred;
    });
    return new Markup(whole, why);
  }

  #fill(o: object, values: Value[]): void {
    const extension = this.#by.get(o);
    if (extension !== undefined) {
      extension.fill(o, values);
      return;
    }
    if (o instanceof HashTable) {
      for (let i = 0; i + 1 < values.length; i += 2) o.set(values[i] as Value, values[i + 1] as Value);
      return;
    }
    if (o instanceof SxSet) {
      if (o.size > 0) corrupt("a set that is filled twice");
      o.fill(values);
      return;
    }
    if (o instanceof Applicable) {
      o.procedure = values[0] ?? corrupt("a procedure");
      return;
    }
    const type = structOf(o);
    const slots = this.#slots(o);
    if (values.length !== slots) throw new CorruptBytes("the number of parts");
    values.forEach((v, i) => {
      if (type === "$vector") vectorSet(o, i, v);
      else if (type === "$record") recordSet(o, i, v);
      else if (type === "$clo") closureSet(o, i, v);
      else boxSet(o, v);
    });
  }

  /** How many parts are filled into `o`. */
  #slots(o: object): number {
    switch (structOf(o)) {
      case "$vector":
        return heap.vectorLength(o);
      case "$record":
        return recordType(o)?.fields.length ?? 0;
      case "$clo":
        return closureSize(o);
      case "$box":
        return 1;
      default:
        throw new CorruptBytes("something that has no parts to fill in");
    }
  }

  /** Plain data that are an object. */
  #record(): { readonly [key: string]: unknown } {
    const plain = this.#in.plain();
    if (typeof plain !== "object" || plain === null || Array.isArray(plain)) return corrupt("plain data");
    return plain as { readonly [key: string]: unknown };
  }

  #fillBuffer(): void {
    const buffer = this.#object();
    const bounds = this.#boundsOf(buffer);
    const from = this.#in.size();
    const values = this.#values();
    if (from < bounds.from || from + values.length > bounds.to) throw new CorruptBytes("bounds of a buffer");
    values.forEach((v, i) => {
      heap.bufSet(buffer, from - bounds.from + i, put(v));
    });
  }

  #boundsOf(buffer: object): { from: number; to: number } {
    const bounds = this.#buffers.get(buffer);
    if (bounds === undefined) throw new CorruptBytes("a list without a buffer");
    return bounds;
  }

  #values(): Value[] {
    return Array.from({ length: this.#in.count() }, () => this.#value());
  }

  #object(): object {
    const v = this.#value();
    if (typeof v !== "object") throw new CorruptBytes("an atom in the place of an object");
    return v;
  }

  #value(): Value {
    const input = this.#in;
    const tag = input.byte();
    if (tag >= NEAR) return this.#ago(tag - NEAR + 1);
    if (tag >= SMALL) return tag - SMALL;
    switch (tag) {
      case VALUES.nil:
        return NIL;
      case VALUES.true:
        return TRUE;
      case VALUES.false:
        return FALSE;
      case VALUES.empty:
        return EMPTY;
      case VALUES.emptyDict:
        return EMPTY_DICT;
      case VALUES.integer:
        return input.integer();
      case VALUES.double:
        return input.double();
      case VALUES.bigint:
        return input.bigint();
      case VALUES.string:
        return input.string();
      case VALUES.symbol:
        return intern(input.string());
      case VALUES.reference:
        return this.#ago(input.size());
      default:
        throw new CorruptBytes(`a value with tag ${tag}`);
    }
  }

  #ago(n: number): object {
    const made = this.#made[this.#made.length - n];
    if (made === undefined) throw new CorruptBytes("a reference to nothing");
    return made;
  }
}
