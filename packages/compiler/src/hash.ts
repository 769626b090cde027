/**
 * Hashes of forms and of Core, without positions. Not cryptographic: two 32-bit lanes, so that
 * equal hashes of different sources do not happen by accident.
 */
import type { Form } from "@sorbus/reader";
import { Cell, inspect, RecordType, Sym, type Value } from "@sorbus/vm";
import type { Core, Lambda, Local } from "./core.ts";

/** Two FNV-like lanes with different primes. */
export class Hasher {
  private a = 0x811c9dc5;
  private b = 0x9747b28c;

  int(n: number): void {
    this.a = Math.imul(this.a ^ n, 0x01000193);
    this.b = Math.imul(this.b ^ (n + (this.b >>> 15)), 0x85ebca6b);
  }

  string(text: string): void {
    const { length } = text;
    this.int(length);
    for (let i = 0; i < length; i += 1) this.int(text.charCodeAt(i));
  }

  number(n: number): void {
    float[0] = n;
    this.int(words[0] as number);
    this.int(words[1] as number);
  }

  /** 16 hexadecimal digits. */
  digest(): string {
    return hex(mix(this.a ^ (this.b >>> 7))) + hex(mix(this.b ^ Math.imul(this.a, 0xc2b2ae35)));
  }
}

const float = new Float64Array(1);
const words = new Int32Array(float.buffer);

function mix(n: number): number {
  let x = n ^ (n >>> 16);
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return x ^ (x >>> 16);
}

function hex(n: number): string {
  return (n >>> 0).toString(16).padStart(8, "0");
}

/** Hash of a form as written, without its place. */
export function formHash(form: Form): string {
  const hasher = new Hasher();
  const queue: Form[] = [form];
  for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
    hasher.string(item.type);
    switch (item.type) {
      case "list":
        hasher.string(item.bracket);
        hasher.int(item.items.length);
        for (const inner of item.items) queue.push(inner);
        break;
      case "dict":
        hasher.int(item.items.length);
        for (const inner of item.items) queue.push(inner);
        break;
      case "symbol":
      case "keyword":
        hasher.string(item.name);
        break;
      case "nil":
        break;
      case "tagged":
        hasher.string(item.tag);
        queue.push(item.form);
        break;
      default:
        hasher.string(String(item.value));
    }
  }
  return hasher.digest();
}

/** A constant of an expansion that is no value of the language: it says itself what it is. */
export abstract class CompilerConstant {
  abstract hashInto(hasher: Hasher): void;
}

function hashValue(hasher: Hasher, value: Value): void {
  if (typeof value === "string") {
    hasher.int(1);
    hasher.string(value);
  } else if (typeof value === "number") {
    hasher.int(2);
    hasher.number(value);
  } else if (value instanceof Cell) hasher.string(`cell ${value.module} ${value.name}`);
  else if (value instanceof RecordType) hasher.string(`record-type ${value.name}`);
  else if (value instanceof Sym) hasher.string(`symbol ${value.name}`);
  else if (value instanceof CompilerConstant) value.hashInto(hasher);
  else {
    hasher.string(typeof value);
    hasher.string(inspect(value));
  }
}

function locals(hasher: Hasher, list: readonly Local[]): void {
  hasher.int(list.length);
  for (const local of list) hasher.int(local.id);
}

/** What stands for each operation in a hash. */
const ops = {
  const: 11,
  local: 12,
  global: 13,
  "set-local": 14,
  "set-global": 15,
  define: 16,
  if: 17,
  seq: 18,
  let: 19,
  letrec: 20,
  lambda: 21,
  call: 22,
};

/** Hash of an expansion, without places. Equal sources give equal hashes in any process. O(size), no recursion. */
export function coreHash(core: Core): string {
  const hasher = new Hasher();
  const queue: Core[] = [core];
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    hasher.int(ops[node.op]);
    switch (node.op) {
      case "const":
        hashValue(hasher, node.value);
        break;
      case "local":
        hasher.int(node.local.id);
        break;
      case "global":
        hasher.string(node.cell.module);
        hasher.string(node.cell.name);
        break;
      case "set-local":
        hasher.int(node.local.id);
        queue.push(node.value);
        break;
      case "set-global":
      case "define":
        hasher.string(node.cell.module);
        hasher.string(node.cell.name);
        queue.push(node.value);
        break;
      case "if":
        queue.push(node.else, node.then, node.test);
        break;
      case "seq":
        hasher.int(node.body.length);
        pushAll(queue, node.body);
        break;
      case "let":
      case "letrec":
        locals(hasher, node.locals);
        queue.push(node.body);
        pushAll(queue, node.inits);
        break;
      case "lambda":
        hashLambda(hasher, node, queue);
        break;
      case "call":
        hasher.int(node.args.length);
        if (node.named !== undefined) for (const index of node.named) hasher.int(~index);
        queue.push(node.fn);
        pushAll(queue, node.args);
        break;
    }
  }
  return hasher.digest();
}

/** A list may be longer than a call takes arguments. */
function pushAll(queue: Core[], nodes: readonly Core[]): void {
  for (const node of nodes) queue.push(node);
}

function hashLambda(hasher: Hasher, node: Lambda, queue: Core[]): void {
  hasher.string(node.name);
  hasher.string(node.kind);
  locals(hasher, node.required);
  hasher.int(node.rest === undefined ? -1 : node.rest.id);
  hasher.int(node.optional.length);
  for (const { local, fallback } of node.optional) {
    hasher.int(local.id);
    queue.push(fallback);
  }
  hasher.int(node.keys.length);
  for (const { name, local, fallback } of node.keys) {
    hasher.string(name);
    hasher.int(local.id);
    hasher.int(fallback === undefined ? 0 : 1);
    if (fallback !== undefined) queue.push(fallback);
  }
  queue.push(node.body);
}
