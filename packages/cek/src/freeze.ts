/**
 * Threads as bytes. Everything that a machine is made of is plain data but for expressions and
 * variables, which are named by their unit and their place in it.
 */
import type { Core, Local } from "@sorbus/compiler";
import { type Extension, kindOf, type Value } from "@sorbus/vm";
import { CekClosure } from "./closure.ts";
import { UnitCode } from "./code.ts";
import { Captured } from "./continuation.ts";
import { Scope } from "./environment.ts";

/** Finds a unit again. @throws RangeError */
export type FindUnit = (id: string, hash: string) => UnitCode;

/** Which expression or variable of which unit something is. */
interface Place {
  readonly code: UnitCode;
  readonly index: number;
}

/** The same as bytes can say it. */
interface PlaceName {
  readonly unit: string;
  readonly hash: string;
  readonly index: number;
}

/** The places of the expressions and variables of all units that have been added. */
export class Places {
  readonly nodes: Map<object, Place> = new Map();
  readonly locals: Map<object, Place> = new Map();
  /** Constants that only the expander makes, such as templates of markup, by their expression. */
  readonly constants: Map<object, Place> = new Map();

  add(code: UnitCode): void {
    const { nodes, locals } = code.parts();
    nodes.forEach((node, index) => {
      const place = { code, index };
      this.nodes.set(node, place);
      if (node.op === "const" && typeof node.value === "object" && kindOf(node.value) === "host") {
        this.constants.set(node.value, place);
      }
    });
    locals.forEach((local, index) => {
      this.locals.set(local, { code, index });
    });
  }
}

/** The objects of which continuations and machines consist, by their properties; see continuation.ts. */
const shapes: ReadonlySet<string> = new Set(
  [
    "type node env next",
    "type node index env next",
    "type node done env next",
    "type binding index env next",
    "type activation at depth next",
    "mark frames under depth",
    "frames mark",
    "key value exit",
    "name code outermost",
    "lambda fallbacks",
    "local fallback",
    "name local fallback",
    // Control.
    "type node env",
    "type value",
    "type fn args stays",
    "positional named",
  ].map((keys) => keys.split(" ").join()),
);

/** Properties that are no values of the language and no parts of the machine. */
const plainKeys: ReadonlySet<string> = new Set(["type", "index", "depth", "name", "outermost", "stays"]);

/** The properties in order, and what each is. */
type Shape = readonly (readonly [
  key: string,
  is: "plain" | "value" | "null" | "undefined",
  plain?: unknown,
])[];

function isShaped(o: object): boolean {
  return Object.getPrototypeOf(o) === Object.prototype && shapes.has(Object.keys(o).join());
}

function shapeOf(o: object): { plain: Shape; values: Value[] } {
  const values: Value[] = [];
  const plain = Object.entries(o).map(([key, part]): Shape[number] => {
    if (plainKeys.has(key)) return [key, "plain", part];
    if (part === null) return [key, "null"];
    if (part === undefined) return [key, "undefined"];
    values.push(part as Value);
    return [key, "value"];
  });
  return { plain, values };
}

/** Extensions for one freeze or one thaw. */
export function cekExtensions(find: FindUnit, places: Places): Extension[] {
  /** What has been made and not filled yet. */
  const open = new Map<object, unknown>();
  const named = (
    tag: string,
    known: Map<object, Place>,
    look: (code: UnitCode, index: number) => object,
  ): Extension => ({
    tag,
    test: (o) => known.has(o),
    parts: (o) => {
      const { code, index } = known.get(o) as Place;
      return { plain: { unit: code.unit.id, hash: code.unit.contentHash, index }, values: [] };
    },
    make: (plain) => {
      const { unit, hash, index } = plain as PlaceName;
      return look(find(unit, hash), index);
    },
    fill: () => {},
  });
  return [
    named("cek-node", places.nodes, (code, index) => code.parts().nodes[index] as Core),
    named("cek-local", places.locals, (code, index) => code.parts().locals[index] as Local),
    named("cek-constant", places.constants, (code, index) => {
      const node = code.parts().nodes[index];
      if (node?.op !== "const") throw new RangeError(`${code.unit.id} has no constant ${index}`);
      return node.value as object;
    }),
    {
      tag: "cek-unit",
      test: (o) => o instanceof UnitCode,
      parts: (o) => {
        const { id: unit, contentHash: hash } = (o as UnitCode).unit;
        return { plain: { unit, hash }, values: [] };
      },
      make: (plain) => {
        const { unit, hash } = plain as PlaceName;
        return find(unit, hash);
      },
      fill: () => {},
    },
    {
      tag: "cek-scope",
      test: (o) => o instanceof Scope,
      parts: (o) => {
        const { locals: own, values, outer } = o as Scope;
        const present = values.filter((value) => value !== undefined);
        return {
          plain: { set: values.map((value) => value !== undefined), outer: outer !== null },
          values: [...own, ...present, ...(outer === null ? [] : [outer])],
        };
      },
      make: (plain) => {
        const scope = Object.create(Scope.prototype) as Scope;
        open.set(scope, plain);
        return scope;
      },
      fill: (o, values) => {
        const { set, outer } = open.get(o) as { set: boolean[]; outer: boolean };
        let next = set.length;
        Object.assign(o, {
          locals: values.slice(0, set.length),
          values: set.map((isSet) => (isSet ? values[next++] : undefined)),
          outer: outer ? values.at(-1) : null,
        });
      },
    },
    {
      tag: "cek-closure",
      test: (o) => o instanceof CekClosure,
      parts: (o) => {
        const { lambda, env, code } = o as CekClosure;
        return { plain: null, values: [lambda, code, ...(env === null ? [] : [env])] };
      },
      make: () => Object.create(CekClosure.prototype) as CekClosure,
      fill: (o, [lambda, code, env]) => Object.assign(o, { lambda, code, env: env ?? null }),
    },
    {
      tag: "cek-continuation",
      test: (o) => o instanceof Captured,
      parts: (o) => ({ plain: null, values: [...(o as Captured).segments] }),
      make: () => Object.assign(Object.create(Captured.prototype) as Captured, { segments: [] }),
      fill: (o, values) => Object.assign(o, { segments: values }),
    },
    {
      tag: "cek-array",
      test: (o) => Array.isArray(o),
      parts: (o) => ({ plain: null, values: o as Value[] }),
      make: () => [],
      fill: (o, values) => {
        (o as Value[]).push(...values);
      },
    },
    {
      tag: "cek-part",
      test: isShaped,
      parts: shapeOf,
      make: (plain) => {
        const shape = plain as Shape;
        const part = Object.fromEntries(shape.map(([key, is, value]) => [key, is === "null" ? null : value]));
        open.set(part, shape);
        return part;
      },
      fill: (o, values) => {
        let next = 0;
        for (const [key, is] of open.get(o) as Shape) {
          if (is === "value") Object.assign(o, { [key]: values[next++] });
        }
      },
    },
  ];
}
