/** What the code of a function refers to, told to the unit before any of it is written. */
import { type Cell, type Code, type Primitive, primitives, type Value } from "@sorbus/vm";
import type { Plan } from "./emit/function.ts";
import type { Unit } from "./unit.ts";

/** @throws RangeError for a name that no primitive has */
export function named(name: string): Primitive {
  const found = primitives.get(name);
  if (found === undefined) throw new RangeError(`the JIT needs a primitive ${name}`);
  return found;
}

/** Tells a unit what a function refers to. */
export function announce(unit: Unit, { code, flow }: Plan): void {
  unit.announceHost(code);
  for (const { instructions } of flow.blocks) {
    for (const { opcode, operands } of instructions) {
      const [a = 0, b = 0, c = 0] = operands;
      const constant = (i: number): unknown => code.constants[i];
      switch (opcode.name) {
        case "CONST":
          unit.announce(constant(b) as Value);
          break;
        case "GLOBAL":
          unit.announceCell(constant(b) as Cell);
          break;
        case "SETGLOBAL":
        case "DEFINE":
          unit.announceCell(constant(a) as Cell);
          break;
        case "CALLGLOBAL":
        case "TAILCALLGLOBAL": {
          const cell = constant(a) as Cell;
          unit.announceCell(cell);
          if (cell.value !== undefined) unit.announceCallee(cell.value);
          break;
        }
        case "CLOSURE":
          unit.announceClosure((constant(b) as { code: Code }).code);
          break;
        case "FIRST":
        case "REST":
          unit.announcePrimitive(named(opcode.name.toLowerCase()), 1);
          break;
        case "CONS":
          unit.announcePrimitive(named("cons"), 2);
          break;
        case "PRIM0":
        case "PRIM1":
        case "PRIM2":
        case "PRIM3":
          unit.announcePrimitive(constant(b) as Primitive, Number(opcode.name.slice(4)));
          break;
        case "PRIMN":
        case "TEMPLATE":
          unit.announceRow(constant(b) as object);
          break;
        case "CALLNAMED":
        case "TAILCALLNAMED":
          unit.announceHost(constant(c) as object);
          break;
        default:
      }
    }
  }
}
