/**
 * Whether a top-level value may be computed again by itself: whether all that its computation can reach leaves
 * the world as it is. What cannot be shown to be so, is not: then the whole program's top-level code is run anew.
 */
import type { Core } from "@sorbus/compiler";
import { type Cell, ElementPrimitive, Primitive } from "@sorbus/vm";
import type { Definition } from "./model.ts";

/** Functions of the prelude that do nothing but what the functions given to them do. */
const HARMLESS = new Set(
  `map map-indexed filter remove reduce fold-right some every? find flat-map keep sort sort-by group-by
   partition-by take-while drop-while comp partial render-to-html %template str`.split(/\s+/),
);

/** @param definer what defines a cell of the program; undefined: nothing does */
export function isRepeatable(
  definition: Definition,
  definer: (cell: Cell) => Definition | undefined,
  seen: Set<Definition> = new Set(),
): boolean {
  if (seen.has(definition)) return true;
  seen.add(definition);
  if (definition.kind === "expression" || definition.kind === "macro") return false;
  const harmless = (cell: Cell): boolean => {
    if (cell.module === "core") {
      const { value } = cell;
      if (HARMLESS.has(cell.name) || value instanceof ElementPrimitive) return true;
      return value instanceof Primitive && value.purity !== "writes";
    }
    const other = definer(cell);
    return other !== undefined && isRepeatable(other, definer, seen);
  };
  // What lives on is only read here.
  if (definition.kind === "once" || definition.kind === "record") return true;
  const { core } = definition.unit;
  const todo: Core[] = [core.op === "define" ? core.value : core];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    switch (node.op) {
      case "const":
      case "local":
        break;
      case "global":
        if (!harmless(node.cell)) return false;
        break;
      case "set-local":
        // A variable of the computation itself would be no harm, one that a function keeps is its memory.
        if (node.local.captured) return false;
        todo.push(node.value);
        break;
      case "set-global":
      case "define":
        return false;
      case "if":
        todo.push(node.test, node.then, node.else);
        break;
      case "seq":
        todo.push(...node.body);
        break;
      case "let":
      case "letrec":
        todo.push(...node.inits, node.body);
        break;
      case "lambda":
        for (const { fallback } of node.optional) todo.push(fallback);
        for (const { fallback } of node.keys) if (fallback !== undefined) todo.push(fallback);
        todo.push(node.body);
        break;
      case "call":
        todo.push(node.fn, ...node.args);
        break;
      default:
        node satisfies never;
    }
  }
  return true;
}
