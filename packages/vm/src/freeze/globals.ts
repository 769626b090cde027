/**
 * Globals by reference: what has an identity that the program's functions know (a record type, a parameter, a
 * table, a vector, a function with variables of its own) is named by the global that holds it, so that what is
 * thawed into another process works on that process's own. Functions without captured variables are not named but
 * frozen by their code: a fiber goes on with the functions that it had.
 */
import { closureCode, closureSize } from "../heap/cells.ts";
import { structOf } from "../heap/instance.ts";
import { HashTable } from "../heap/table.ts";
import { Applicable, type Cell, RecordType, type Value } from "../heap/value.ts";
import type { Extension } from "./graph.ts";

interface GlobalName {
  readonly module: string;
  readonly name: string;
  /** Of a record type: another type of that name in the same global is not the one that was meant. */
  readonly record?: { readonly name: string; readonly fields: readonly string[] };
}

interface GlobalWorld {
  globals(): Iterable<Cell>;
  cell(module: string, name: string): Cell;
}

/** @param enabled whether a freeze names globals; a thaw understands the names in any case */
export function globalsByReference(world: GlobalWorld, enabled: boolean): Extension {
  let known: Map<object, Cell> | undefined;
  const named = (o: object): Cell | undefined => {
    if (!enabled) return undefined;
    known ??= withIdentity(world.globals());
    return known.get(o);
  };
  return {
    tag: "global",
    test: (o) => named(o) !== undefined,
    parts: (o) => {
      const { module, name } = named(o) as Cell;
      const plain: GlobalName =
        o instanceof RecordType
          ? { module, name, record: { name: o.name, fields: [...o.fields] } }
          : { module, name };
      return { plain, values: [] };
    },
    make: (plain) => {
      const { module, name, record } = plain as GlobalName;
      const { value } = world.cell(module, name);
      if (record !== undefined) {
        // Records of a type that has changed keep the type that they were made with.
        const same =
          value instanceof RecordType && value.name === record.name && sameNames(value.fields, record.fields);
        return same ? value : new RecordType(record.name, [...record.fields]);
      }
      if (typeof value === "object" && hasIdentity(value)) return value;
      throw new RangeError(
        `the global ${name} of ${module} is not in this program any more, or holds something else, and a frozen fiber needs it`,
      );
    },
    fill: () => {},
  };
}

function withIdentity(cells: Iterable<Cell>): Map<object, Cell> {
  const known = new Map<object, Cell>();
  for (const cell of cells) {
    const { value } = cell;
    if (typeof value === "object" && hasIdentity(value) && !known.has(value)) known.set(value, cell);
  }
  return known;
}

function hasIdentity(value: Value & object): boolean {
  if (value instanceof RecordType || value instanceof Applicable || value instanceof HashTable) return true;
  if (closureCode(value) !== null) return closureSize(value) > 0;
  return structOf(value) === "$vector";
}

const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i]);
