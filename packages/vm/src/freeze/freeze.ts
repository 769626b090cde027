/** Values to bytes: sharing and cycles kept, any depth. */
import { boxGet, closureCode, closureGet, closureSize, recordGet, recordType } from "../heap/cells.ts";
import { dictCount, dictEach, EMPTY_DICT } from "../heap/dict.ts";
import { EMPTY, FALSE, heap, NIL, structOf, TRUE } from "../heap/instance.ts";
import { fromArray } from "../heap/list.ts";
import { inspectBriefly } from "../heap/print.ts";
import { Ranges } from "../heap/ranges.ts";
import { SxSet } from "../heap/set.ts";
import { HashTable } from "../heap/table.ts";
import {
  Applicable,
  Condition,
  Deferred,
  Markup,
  Raise,
  RecordType,
  Sym,
  TrustedUrl,
  type Value,
} from "../heap/value.ts";
import { vectorItems } from "../heap/vector.ts";
import { Writer } from "./bytes.ts";
import type { Extension } from "./graph.ts";
import { MAGIC, NEAR, OPS, SMALL, VALUES, VERSION } from "./ops.ts";

/** An object whose parts are being visited. */
interface Frame {
  readonly object: object;
  readonly parts: readonly Value[];
  /** How part `i` is called in an error. */
  readonly label: (i: number) => string;
  /** Writes the object: at once for what is made last, a `fill` for what was made on entry. */
  readonly leave: () => void;
  /**
   * Whether the object is made when it is left ("build") or was made on entry and is filled then: at once
   * ("fill") or, as sets and tables look at their elements' contents, after everything else ("hashed").
   */
  readonly kind: "build" | "fill" | "hashed";
  at: number;
  /** The frame in whose part `upAt` the object was found. */
  readonly up: Frame | undefined;
  readonly upAt: number;
}

export class Freezer {
  readonly #out = new Writer();
  readonly #extensions: readonly Extension[];
  readonly #ids = new Map<object, number>();
  #made = 0;
  /** Entered, and not made yet. */
  readonly #open = new Set<object>();
  readonly #stack: Frame[] = [];
  /**
   * Objects that are written already and whose parts are still to be visited. They wait until nothing is
   * open: then what is built only refers to what is made, however the graph is tied together.
   */
  readonly #waiting: Frame[] = [];
  /** All frames that have been left. */
  readonly #left: Frame[] = [];
  readonly #buffers = new Map<object, Ranges>();

  constructor(extensions: readonly Extension[]) {
    this.#extensions = extensions;
  }

  freeze(roots: readonly Value[]): Uint8Array {
    const top: Frame = {
      object: roots as object,
      parts: roots,
      label: (i) => `value ${i}`,
      leave: () => {},
      kind: "fill",
      at: 0,
      up: undefined,
      upAt: 0,
    };
    this.#stack.push(top);
    for (;;) {
      const frame = this.#stack.at(-1);
      if (frame === undefined) {
        const next = this.#waiting.pop();
        if (next === undefined) break;
        this.#stack.push(next);
        continue;
      }
      if (frame.at < frame.parts.length) {
        this.#visit(frame.parts[frame.at++] as Value);
        continue;
      }
      this.#stack.pop();
      this.#left.push(frame);
      if (frame.kind !== "hashed") frame.leave();
    }
    for (const frame of this.#innerFirst()) frame.leave();
    this.#out.byte(OPS.roots);
    this.#values(roots);
    return this.#withHeader();
  }

  /** Magic, version, number of objects, bounds of the buffers in the order in which they are made. */
  #withHeader(): Uint8Array {
    const out = new Writer();
    for (const byte of MAGIC) out.byte(byte);
    out.byte(VERSION);
    out.size(this.#buffers.size);
    for (const shown of this.#buffers.values()) {
      const { from, to } = shown.bounds;
      out.size(from);
      out.size(to);
    }
    out.bytes(this.#out.toBytes());
    return out.toBytes();
  }

  /** The frames of sets and tables, each after those inside it: so that it hashes what is complete. */
  #innerFirst(): Frame[] {
    const hashed = this.#left.filter((frame) => frame.kind === "hashed");
    if (hashed.length < 2) return hashed;
    const parts = new Map<object, Frame[]>();
    for (const frame of this.#left) {
      const known = parts.get(frame.object);
      if (known === undefined) parts.set(frame.object, [frame]);
      else known.push(frame);
    }
    const ordered: Frame[] = [];
    const seen = new Set<object>();
    const todo: (object | Frame[])[] = [...hashed.map((frame) => frame.object)].reverse();
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      if (Array.isArray(next)) {
        for (const frame of next) if (frame.kind === "hashed") ordered.push(frame);
        continue;
      }
      if (seen.has(next)) continue;
      seen.add(next);
      const frames = parts.get(next) ?? [];
      todo.push(frames);
      if (heap.isSlice(next) === 1) todo.push(heap.sliceBuf(next));
      for (const frame of frames)
        for (const part of frame.parts) if (typeof part === "object") todo.push(part);
    }
    return ordered;
  }

  // ---- going through

  #visit(v: Value): void {
    // A host object may be a function.
    if (typeof v !== "object" && typeof v !== "function") return;
    if (v === EMPTY || v === EMPTY_DICT || this.#ids.has(v) || this.#open.has(v)) return;
    const extension = this.#extensions.find((e) => e.test(v));
    if (extension !== undefined) {
      this.#extended(v, extension);
      return;
    }
    switch (structOf(v)) {
      case "$list":
        heap.isPair(v) === 1 ? this.#pair(v) : this.#slice(v);
        return;
      case "$dict":
        this.#dict(v);
        return;
      case "$vector":
        this.#vector(v);
        return;
      case "$record":
        this.#record(v);
        return;
      case "$clo":
        this.#closure(v);
        return;
      case "$box":
        this.#out.byte(OPS.box);
        this.#filled(v, [boxGet(v)], () => "a captured variable");
        return;
      case "$imm":
        return;
      case undefined:
        this.#instance(v);
        return;
    }
  }

  /** Where the object that is being visited was found. */
  #here(): { up: Frame | undefined; upAt: number } {
    const up = this.#stack.at(-1);
    return { up, upAt: up === undefined ? 0 : up.at - 1 };
  }

  /** The object has just been written: it has the next number. */
  #number(v: object): void {
    this.#open.delete(v);
    this.#ids.set(v, this.#made++);
  }

  /** For what is made when its parts are: `write` gives the instruction. */
  #built(v: object, parts: readonly Value[], label: (i: number) => string, write: () => void): void {
    this.#open.add(v);
    const leave = (): void => {
      write();
      this.#number(v);
    };
    this.#stack.push({ object: v, parts, label, leave, kind: "build", at: 0, ...this.#here() });
  }

  /** For what has been written already, without its parts. */
  #filled(
    v: object,
    parts: readonly Value[],
    label: (i: number) => string,
    kind: "fill" | "hashed" = "fill",
  ): void {
    this.#number(v);
    if (parts.length === 0) return;
    const leave = (): void => {
      this.#out.byte(OPS.fill);
      this.#value(v);
      this.#values(parts);
    };
    this.#waiting.push({ object: v, parts, label, leave, kind, at: 0, ...this.#here() });
  }

  #pair(v: object): void {
    const cdr = heap.cdr(v);
    const car = heap.car(v) as Value;
    this.#built(
      v,
      [cdr, car],
      (i) => (i === 0 ? "" : "an element of a list"),
      () => {
        this.#out.byte(OPS.pair);
        this.#value(cdr);
        this.#value(car);
      },
    );
  }

  /** Slices of one buffer keep sharing it, and what none of them shows is not written. */
  #slice(v: object): void {
    const buffer = heap.sliceBuf(v);
    const from = heap.sliceOff(v);
    const to = from + heap.len(v);
    let shown = this.#buffers.get(buffer);
    if (shown === undefined) {
      shown = new Ranges();
      this.#buffers.set(buffer, shown);
      this.#out.byte(OPS.buffer);
      this.#number(buffer);
    }
    this.#out.byte(OPS.slice);
    this.#value(buffer);
    this.#out.size(from);
    this.#out.size(to - from);
    this.#number(v);
    for (const gap of shown.add(from, to)) {
      const items: Value[] = [];
      for (let i = gap.from; i < gap.to; i++) items.push(heap.bufGet(buffer, i) as Value);
      const leave = (): void => {
        this.#out.byte(OPS.fillBuffer);
        this.#value(buffer);
        this.#out.size(gap.from);
        this.#values(items);
      };
      const label = (i: number): string => `element ${gap.from - from + i} of a list`;
      this.#waiting.push({
        object: buffer,
        parts: items,
        label,
        leave,
        kind: "fill",
        at: 0,
        ...this.#here(),
      });
    }
  }

  #dict(v: object): void {
    const keys: string[] = [];
    const items: Value[] = [];
    dictEach(v, (key, item) => {
      keys.push(key);
      items.push(item);
    });
    this.#built(
      v,
      items,
      (i) => `the value of ${keys[i]} in a dict`,
      () => {
        this.#out.byte(OPS.dict);
        this.#out.size(dictCount(v));
        keys.forEach((key, i) => {
          this.#out.string(key);
          this.#value(items[i] as Value);
        });
      },
    );
  }

  #vector(v: object): void {
    const items = vectorItems(v);
    if (heap.isFloats(v) === 1) {
      this.#out.byte(OPS.floats);
      this.#out.size(items.length);
      for (const x of items) this.#out.double(x as number);
      this.#number(v);
      return;
    }
    this.#out.byte(OPS.vector);
    this.#out.size(items.length);
    this.#filled(v, items, (i) => `element ${i} of a vector`);
  }

  /** What has to exist before `v` can be made, and is made on entry: code objects and record types. */
  #first(part: object, label: string): void {
    const depth = this.#stack.length;
    this.#stack.push({
      object: part,
      parts: [],
      label: () => label,
      leave: () => {},
      kind: "fill",
      at: 1,
      ...this.#here(),
    });
    this.#visit(part);
    this.#stack.splice(depth, 1);
  }

  #record(v: object): void {
    const type = recordType(v);
    if (type === null) return;
    this.#first(type, "its type");
    this.#out.byte(OPS.record);
    this.#value(type);
    this.#filled(
      v,
      type.fields.map((_, i) => recordGet(v, i)),
      (i) => `the field ${type.fields[i]} of a ${type.name}`,
    );
  }

  #closure(v: object): void {
    const code = closureCode(v);
    if (code === null) return;
    this.#first(code, "its code");
    const captured = Array.from({ length: closureSize(v) }, (_, i) => closureGet(v, i));
    this.#out.byte(OPS.closure);
    this.#value(code);
    this.#out.size(captured.length);
    const name = code.name === "" ? "an anonymous function" : code.name;
    this.#filled(v, captured, (i) => `captured variable ${i} of ${name}`);
  }

  #extended(v: object, extension: Extension): void {
    const { plain, values } = extension.parts(v);
    this.#out.byte(OPS.extension);
    this.#out.string(extension.tag);
    this.#out.plain(plain);
    this.#filled(v, values, (i) => `part ${i} of a ${extension.tag}`);
  }

  #instance(v: object): void {
    const out = this.#out;
    if (v instanceof Sym) {
      if (v.alias !== undefined) this.#refuse(v);
    } else if (v instanceof Uint8Array) {
      out.byte(OPS.bytes);
      out.size(v.length);
      out.bytes(v);
      this.#number(v);
    } else if (v instanceof SxSet) {
      out.byte(OPS.set);
      this.#filled(v, v.items(), () => "an element of a set", "hashed");
    } else if (v instanceof HashTable) {
      out.byte(OPS.table);
      const label = (i: number): string =>
        i % 2 === 0 ? "a key of a hash table" : "a value of a hash table";
      this.#filled(v, v.entries().flat(), label, "hashed");
    } else if (v instanceof Condition) {
      this.#built(
        v,
        [v.data],
        () => `the data of the condition ${v.kind}`,
        () => {
          out.byte(OPS.condition);
          out.string(v.kind);
          out.string(v.message);
          out.plain({ span: v.span, stack: v.stack });
          this.#value(v.data);
        },
      );
    } else if (v instanceof Markup) {
      this.#markup(v);
    } else if (v instanceof Deferred) {
      this.#built(
        v,
        [v.thunk],
        () => "a part of markup",
        () => {
          out.byte(OPS.deferred);
          this.#value(v.thunk);
        },
      );
    } else if (v instanceof TrustedUrl) {
      out.byte(OPS.trustedUrl);
      out.string(v.url);
      this.#number(v);
    } else if (v instanceof RecordType) {
      out.byte(OPS.recordType);
      out.string(v.name);
      out.plain(v.fields);
      this.#number(v);
    } else if (v instanceof Applicable) {
      out.byte(OPS.applicable);
      out.string(v.kind);
      this.#filled(v, [v.procedure], () => `the procedure of a ${v.kind}`);
    } else {
      this.#refuse(v);
    }
  }

  #markup(v: Markup): void {
    const parts: readonly (string | Deferred)[] = typeof v.parts === "string" ? [v.parts] : v.parts;
    const deferred = parts.filter((part) => typeof part !== "string");
    const held: Value[] = v.refused === undefined ? deferred : [v.refused, ...deferred];
    this.#built(
      v,
      held,
      () => "a part of markup",
      () => {
        this.#out.byte(OPS.markup);
        const shape = parts.map((part) => (typeof part === "string" ? part : null));
        this.#out.plain({
          parts: typeof v.parts === "string" ? v.parts : shape,
          refused: v.refused !== undefined,
        });
        this.#values(held);
      },
    );
  }

  /** Says where in the graph the object is that cannot be frozen. */
  #refuse(v: object): never {
    const path: string[] = [];
    const top = this.#stack.at(-1);
    for (
      let frame = top, at = top === undefined ? 0 : top.at - 1;
      frame !== undefined;
      at = frame.upAt, frame = frame.up
    ) {
      const step = frame.label(at);
      if (step !== "") path.push(step);
    }
    const steps = path.length > 12 ? [...path.slice(0, 8), "…", ...path.slice(-3)] : path;
    const shown = inspectBriefly(v, 60);
    throw new Raise(
      new Condition(
        "host",
        `cannot freeze ${shown}: it is ${steps.join(", in ")}`,
        fromArray(path.slice(0, 100)),
      ),
    );
  }

  // ---- writing

  #values(values: readonly Value[]): void {
    this.#out.size(values.length);
    for (const v of values) this.#value(v);
  }

  #value(v: Value): void {
    const out = this.#out;
    if (typeof v === "number") {
      if (Number.isSafeInteger(v) && !Object.is(v, -0)) {
        if (v >= 0 && v < NEAR - SMALL) {
          out.byte(SMALL + v);
          return;
        }
        out.byte(VALUES.integer);
        out.integer(v);
        return;
      }
      out.byte(VALUES.double);
      out.double(v);
      return;
    }
    if (typeof v === "string") {
      out.byte(VALUES.string);
      out.string(v);
      return;
    }
    if (typeof v === "bigint") {
      out.byte(VALUES.bigint);
      out.bigint(v);
      return;
    }
    if (v === NIL) {
      out.byte(VALUES.nil);
      return;
    }
    if (v === TRUE) {
      out.byte(VALUES.true);
      return;
    }
    if (v === FALSE) {
      out.byte(VALUES.false);
      return;
    }
    if (v === EMPTY) {
      out.byte(VALUES.empty);
      return;
    }
    if (v === EMPTY_DICT) {
      out.byte(VALUES.emptyDict);
      return;
    }
    const id = this.#ids.get(v);
    if (id !== undefined) {
      const ago = this.#made - id;
      if (ago <= NEAR) {
        out.byte(NEAR + ago - 1);
        return;
      }
      out.byte(VALUES.reference);
      out.size(ago);
      return;
    }
    if (v instanceof Sym) {
      out.byte(VALUES.symbol);
      out.string(v.name);
      return;
    }
    throw new Error("an object is referred to before it is made");
  }
}
