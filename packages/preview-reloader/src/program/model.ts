/** What a program consists of while it lives: files, their top-level forms, and the definitions made of them. */
import type { GeneratedUnit, ImportForm, Module, Unit } from "@sorbus/compiler";
import type { Form, ReadResult } from "@sorbus/reader";
import type { Cell, Value } from "@sorbus/vm";

/**
 * What running a definition does. `function`: gives a cell a function, which asks for nothing and cannot fail.
 * `value`: computes a cell's value. `once`: the same, if the cell has none. `record`: makes a record type,
 * which is another one each time. `macro`: nothing, it was there when the
 * file was expanded. `expression`: whatever it does.
 */
export type DefinitionKind = "function" | "value" | "once" | "record" | "macro" | "expression";

/** One unit of code: what is compiled, replaced and run as a whole. */
export interface Definition {
  readonly kind: DefinitionKind;
  readonly item: Item;
  /** The expansion of the text as it stands. */
  unit: Unit;
  /** The expansion that the code was generated from: the two differ in live constants and templates. */
  readonly compiled: Unit;
  readonly code: GeneratedUnit;
  /** The values that stand in the code in place of those compiled, by slot. */
  installed: ReadonlyMap<string, Value>;
  /** The function of a `function`, else a function of no arguments that runs the unit. */
  readonly closure: Value;
  /** The cells that it defines. */
  readonly cells: readonly Cell[];
  /** The cells of programs that its code mentions. */
  readonly refs: readonly Cell[];
}

/** A top-level form that is neither import nor export. */
export interface Item {
  readonly file: SourceFile;
  /** As it stands in the text now. */
  form: Form;
  definitions: Definition[];
}

export interface Import {
  readonly item: ImportForm;
  readonly path: string;
}

export interface SourceFile {
  readonly path: string;
  readonly module: Module;
  /** The last reading of the text, which may be one that failed to load. */
  read: ReadResult;
  items: Item[];
  /** The forms that are imports and exports. */
  links: readonly Form[];
  imports: readonly Import[];
}

/** `path/name` of a definition, as records name it. */
export function nameOf(definition: Definition): string {
  return definition.unit.id;
}
