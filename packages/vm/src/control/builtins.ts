/**
 * The control builtins: the only operations that see the stack (docs/control.md). They are values
 * like functions; each engine gives them their meaning.
 */

export type ControlName =
  | "apply"
  | "call-with-keys"
  | "%with-mark"
  | "%with-exit"
  | "%mark"
  | "%marks"
  | "%inherited-marks"
  | "%at-mark?"
  | "%capture"
  | "%reinstate"
  | "%k-marks"
  | "%k-below"
  | "%make-continuation"
  | "%make-parameter"
  | "%request"
  | "%locate"
  | "%uncaught"
  | "%spawn"
  | "%await"
  | "%await-first"
  | "%await-all"
  | "%task-result"
  | "%cancel"
  | "%compile";

interface Row {
  readonly name: ControlName;
  readonly params: string;
  readonly min: number;
  readonly max: number;
  /** Part of the language, not only of the prelude. */
  readonly visible?: true;
}

const many = Number.POSITIVE_INFINITY;

/** One row each: name, parameters, arity. What each does stands in docs/control.md. */
const rows: readonly Row[] = [
  { name: "apply", params: "f &rest args", min: 2, max: many, visible: true },
  { name: "call-with-keys", params: "f keys &rest args", min: 2, max: many, visible: true },
  { name: "%with-mark", params: "key value thunk", min: 3, max: 3 },
  { name: "%with-exit", params: "key value thunk exit", min: 4, max: 4 },
  { name: "%mark", params: "key default", min: 2, max: 2 },
  { name: "%marks", params: "keys", min: 1, max: 1 },
  { name: "%inherited-marks", params: "", min: 0, max: 0 },
  { name: "%at-mark?", params: "key value", min: 2, max: 2 },
  { name: "%capture", params: "key value f", min: 3, max: 3 },
  { name: "%reinstate", params: "k thunk", min: 2, max: 2 },
  { name: "%k-marks", params: "k keys", min: 2, max: 2 },
  { name: "%k-below", params: "k key value", min: 3, max: 3 },
  { name: "%make-continuation", params: "procedure", min: 1, max: 1 },
  { name: "%make-parameter", params: "procedure", min: 1, max: 1 },
  { name: "%request", params: "op args", min: 2, max: 2 },
  { name: "%locate", params: "condition", min: 1, max: 1 },
  { name: "%uncaught", params: "condition", min: 1, max: 1 },
  { name: "%spawn", params: "thunk marks", min: 2, max: 2 },
  { name: "%await", params: "task", min: 1, max: 1 },
  { name: "%await-first", params: "tasks", min: 1, max: 1 },
  { name: "%await-all", params: "tasks", min: 1, max: 1 },
  { name: "%task-result", params: "task", min: 1, max: 1 },
  { name: "%cancel", params: "task reason", min: 2, max: 2 },
  { name: "%compile", params: "form module", min: 2, max: 2 },
];

/** A control builtin as a value: callable, printable, compared by identity. */
export class ControlBuiltin {
  readonly name: ControlName;
  readonly params: string;
  readonly min: number;
  readonly max: number;
  readonly visible: boolean;
  /** Its row number: engines dispatch on it. */
  readonly index: number;
  constructor(row: Row, index: number) {
    this.name = row.name;
    this.params = row.params;
    this.min = row.min;
    this.max = row.max;
    this.visible = row.visible === true;
    this.index = index;
  }
}

export const controlBuiltins: ReadonlyMap<string, ControlBuiltin> = new Map(
  rows.map((row, index) => [row.name, new ControlBuiltin(row, index)]),
);
