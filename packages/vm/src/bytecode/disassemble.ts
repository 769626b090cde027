/** Bytecode as people read it: one line an instruction, operands by name, constants and places shown. */
import { inspect } from "../heap/index.ts";
import { Cell, type Value } from "../heap/value.ts";
import { Primitive } from "../primitives/primitive.ts";
import { type ClosureSpec, Code, positionAt, type UnitCode } from "./code.ts";
import { effectOf, instructions } from "./liveness.ts";

function constantText(value: unknown): string {
  if (value instanceof Cell) return value.module === "core" ? value.name : `${value.module}/${value.name}`;
  if (value instanceof Primitive) return value.name;
  if (value instanceof Code) return `code ${value.name}`;
  if (Array.isArray(value)) return `[${value.join(" ")}]`;
  if (typeof value === "object" && value !== null) {
    if ("captures" in value) {
      const { code, captures } = value as ClosureSpec;
      const from = captures.map((c) => (c >= 0 ? `r${c}` : `up${~c}`)).join(" ");
      return `fn #${code.unitIndex} ${code.name} captures (${from})`;
    }
    if ("statics" in value) return `template ${JSON.stringify((value as { statics: unknown }).statics)}`;
  }
  const text = inspect(value as Value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function header(code: Code): string {
  const parts = [`${code.required} required`];
  if (code.optional > 0) parts.push(`${code.optional} optional`);
  if (code.rest) parts.push("rest");
  if (code.keys.length > 0) parts.push(`keys ${code.keys.map((k) => `:${k.name}`).join(" ")}`);
  return `${code.kind} #${code.unitIndex} ${code.name || "fn"} (${parts.join(", ")}; ${code.registers} registers)`;
}

/** The instructions of one function; jumps are labelled with the index of their target. Ends with a newline. */
export function disassemble(code: Code): string {
  const list = instructions(code);
  const targets = new Set(list.flatMap((instruction) => effectOf(code, instruction).jumps));
  const lines = [header(code)];
  let place = "";
  for (const { pc, opcode } of list) {
    const operands = opcode.operands.map(({ name, kind }, i) => {
      const value = code.code[pc + 1 + i] as number;
      switch (kind) {
        case "def":
        case "use":
        case "both":
        case "span":
        case "base":
        case "callee-base":
          return `${name}=r${value}`;
        case "const":
          return `${name}=${constantText(code.constants[value])}`;
        case "jump":
          return `${name}=@${value}`;
        case "upval":
          return `${name}=up${value}`;
        case "imm":
        case "count":
          return `${name}=${value}`;
        default:
          return kind satisfies never;
      }
    });
    const at = code.positions.length === 0 ? undefined : positionAt(code, pc);
    const here = at === undefined ? "" : `${at.line}:${at.column}`;
    const shown = here === place ? "" : here;
    place = here;
    lines.push(
      `${targets.has(pc) ? "@" : " "}${String(pc).padStart(4)}  ${shown.padEnd(8)}${opcode.name.padEnd(15)}${operands.join(" ")}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** All functions of a unit, the one that evaluates it first. */
export function disassembleUnit(unit: UnitCode): string {
  return unit.functions.map(disassemble).join("\n");
}
