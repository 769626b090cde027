/**
 * Code as bytes: the functions of a compiled unit with their constants, so that a frozen fiber can finish on the
 * code that it began with when the program has gone on. Globals and primitives are named; places in the text are
 * written out, since the text that they were read from may be gone too.
 */
import { Code, type Locate, type UnitCode } from "../bytecode/code.ts";
import { opcodes } from "../bytecode/opcodes.ts";
import type { ConditionSpan, Value } from "../heap/value.ts";
import type { Template } from "../markup/template.ts";
import type { Extension } from "./graph.ts";
import { CorruptBytes, freezeGraph, thawGraph } from "./graph.ts";
import { type FreezeWorld, treeExtensions } from "./tree.ts";

/** Bytecode means what the opcode table says: of another table it means something else. */
const INSTRUCTION_SET: string = digest(
  opcodes.map((o) => `${o.name} ${o.operands.map((x) => x.kind).join(" ")}`).join("\n"),
);

/** The unit as one object of the graph. */
class Packed {
  id = "";
  hash = "";
  functions: Code[] = [];
}

interface PackedCode {
  readonly name: string;
  readonly kind: "function" | "component";
  readonly required: number;
  readonly optional: number;
  readonly rest: boolean;
  readonly keys: Code["keys"];
  readonly registers: number;
  readonly code: readonly number[];
  readonly positions: readonly number[];
  readonly hidden: boolean;
  readonly places: readonly ConditionSpan[];
}

/**
 * The code of a unit. Linear in its size.
 * @throws Raise kind "host" for a constant that cannot be written: only macros have such
 */
export function packUnit(unit: UnitCode, world: FreezeWorld): Uint8Array {
  const packed = Object.assign(new Packed(), {
    id: unit.id,
    hash: unit.hash,
    functions: [...unit.functions],
  });
  return freezeGraph([packed as unknown as Value], unitExtensions(world));
}

/** @throws CorruptBytes; RangeError when the bytes hold another version's instructions, or name what is not here */
export function unpackUnit(bytes: Uint8Array, world: FreezeWorld): UnitCode {
  const [packed] = thawGraph(bytes, unitExtensions(world)) as unknown[];
  if (!(packed instanceof Packed)) throw new CorruptBytes("the code of a unit");
  const { id, hash, functions } = packed;
  const unit: UnitCode = { id, hash, functions };
  functions.forEach((code, index) => {
    code.unit = unit;
    code.unitIndex = index;
  });
  return unit;
}

function unitExtensions(world: FreezeWorld): Extension[] {
  const constants = new Map<Code, unknown[]>();
  const own: Extension[] = [
    {
      tag: "unit",
      test: (o) => o instanceof Packed,
      parts: (o) => {
        const { id, hash, functions } = o as Packed;
        return {
          plain: { id, hash, instructions: INSTRUCTION_SET },
          values: functions as unknown as Value[],
        };
      },
      make: (plain) => {
        const { id, hash, instructions } = plain as { id: string; hash: string; instructions: string };
        if (instructions !== INSTRUCTION_SET)
          throw new RangeError(`the stored code of ${id} was compiled by a version with other instructions`);
        return Object.assign(new Packed(), { id, hash });
      },
      fill: (o, values) => {
        (o as Packed).functions = values as unknown as Code[];
      },
    },
    {
      tag: "code",
      test: (o) => o instanceof Code,
      parts: (o) => ({ plain: packCode(o as Code), values: [...(o as Code).constants] as Value[] }),
      make: (plain) => {
        const list: unknown[] = [];
        const code = unpackCode(plain as PackedCode, list);
        constants.set(code, list);
        return code;
      },
      fill: (o, values) => {
        constants.get(o as Code)?.push(...values);
      },
    },
    {
      tag: "closure-spec",
      test: (o) => (o as { code?: unknown }).code instanceof Code && "captures" in o,
      parts: (o) => {
        const { code, captures } = o as { code: Code; captures: readonly number[] };
        return { plain: [...captures], values: [code as unknown as Value] };
      },
      make: (plain) => ({ code: undefined, captures: plain }),
      fill: (o, [code]) => {
        (o as { code: unknown }).code = code;
      },
    },
    {
      // The places of the keywords of a call.
      tag: "indexes",
      test: (o) => Array.isArray(o),
      parts: (o) => ({ plain: [...(o as unknown[])], values: [] }),
      make: (plain) => plain as number[],
      fill: () => {},
    },
    {
      tag: "template",
      test: (o) => "statics" in o && "slots" in o,
      parts: (o) => {
        const { statics, slots } = o as Template;
        return { plain: { statics: [...statics], slots: slots.map((slot) => ({ ...slot })) }, values: [] };
      },
      make: (plain) => plain as Template,
      fill: () => {},
    },
  ];
  return [...own, ...treeExtensions(world, "reference")];
}

function packCode(code: Code): PackedCode {
  const { name, kind, required, optional, rest, keys, registers, hidden } = code;
  const places: ConditionSpan[] = [];
  for (let i = 0; i < code.positions.length; i += 3) {
    const { file, start, end, line, column } = code.locate(
      code.positions[i + 1] as number,
      code.positions[i + 2] as number,
    );
    places.push({ file, start, end, line, column });
  }
  return {
    name,
    kind,
    required,
    optional,
    rest,
    keys: keys.map((key) => ({ name: key.name, required: key.required })),
    registers,
    code: [...code.code],
    positions: [...code.positions],
    hidden,
    places,
  };
}

/** @param constants filled in later */
function unpackCode(packed: PackedCode, constants: unknown[]): Code {
  const { places, ...init } = packed;
  const positions = Int32Array.from(packed.positions);
  const locate: Locate = (start, end) => {
    for (let i = 0; i < places.length; i++) {
      if (positions[i * 3 + 1] !== start || positions[i * 3 + 2] !== end) continue;
      return places[i] as ConditionSpan;
    }
    throw new RangeError(`${packed.name} has no place ${start} to ${end}`);
  };
  return new Code({ ...init, code: Int32Array.from(packed.code), positions, constants, locate });
}

/** FNV-1a: tells tables apart, no more. */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16);
}
