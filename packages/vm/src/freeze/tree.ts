/**
 * Freezing a fiber tree: its tasks, and the globals of the program that goes with it. What a thread is
 * made of is the engine's to say, by extensions of its own.
 */
import { ControlBuiltin, controlBuiltins } from "../control/builtins.ts";
import { Cell, RecordType } from "../heap/value.ts";
import type { FreezeOptions, RunStats } from "../machine/engine.ts";
import { type Freezer, type StartThread, Task, TaskTree, type Thread } from "../machine/tasks.ts";
import { elementFunctions } from "../markup/index.ts";
import { primitives, regexExtension } from "../primitives/index.ts";
import { Primitive } from "../primitives/primitive.ts";
import { globalsByReference } from "./globals.ts";
import { type Extension, freezeGraph, thawGraph } from "./graph.ts";

/** What freezing needs of the world that a fiber belongs to. */
export interface FreezeWorld {
  /** The globals of the program's own modules that have a value. */
  globals(): Iterable<Cell>;
  /** The global of that module and name, made if need be. */
  cell(module: string, name: string): Cell;
  /** Primitives that are not in the table, by name. */
  primitive(name: string): Primitive | undefined;
  /** A number for an object of the host that this process can find again; undefined: it cannot be frozen. */
  hostId(object: object): number | undefined;
  hostObject(id: number): object | undefined;
}

/** The state of a tree between two runs, as one object of the graph. */
class Snapshot {
  root: Task;
  ready: Task[];
  asking: [number, Task][];
  nextRequest: number;
  globals: Cell[];
  constructor(root: Task, ready: Task[], asking: [number, Task][], nextRequest: number, globals: Cell[]) {
    this.root = root;
    this.ready = ready;
    this.asking = asking;
    this.nextRequest = nextRequest;
    this.globals = globals;
  }
}

function lost(what: string): never {
  throw new RangeError(`${what} is not in this program: the frozen fiber belongs to another one`);
}

/** Extensions for all that is not the engine's own. A thaw reads both kinds of globals, whatever it is told. */
export function treeExtensions(
  world: FreezeWorld,
  globals: NonNullable<FreezeOptions["globals"]> = "values",
): Extension[] {
  const byReference = globals === "reference";
  const functionNamed = (name: string): object =>
    primitives.get(name) ??
    elementFunctions.get(name) ??
    controlBuiltins.get(name) ??
    world.primitive(name) ??
    lost(`the function ${name}`);
  return [
    globalsByReference(world, byReference),
    {
      tag: "host",
      // The number means nothing to another process: what is to live on there may not hold one.
      test: (o) => !byReference && world.hostId(o) !== undefined,
      parts: (o) => ({ plain: world.hostId(o), values: [] }),
      make: (plain) => world.hostObject(plain as number) ?? lost("an object of the host"),
      fill: () => {},
    },
    {
      tag: "function",
      test: (o) => o instanceof Primitive || o instanceof ControlBuiltin,
      parts: (o) => ({ plain: (o as Primitive).name, values: [] }),
      make: (plain) => functionNamed(plain as string),
      fill: () => {},
    },
    {
      tag: "cell",
      test: (o) => o instanceof Cell,
      parts: (o) => {
        const { module, name, value } = o as Cell;
        const along = !byReference && module !== "core" && value !== undefined;
        return { plain: { module, name }, values: along ? [value] : [] };
      },
      make: (plain) => {
        const { module, name } = plain as { module: string; name: string };
        return world.cell(module, name);
      },
      fill: (o, values) => {
        const [value] = values;
        if (value !== undefined) (o as Cell).value = value;
      },
    },
    {
      tag: "record-type",
      test: (o) => o instanceof RecordType,
      parts: (o) => ({
        plain: { name: (o as RecordType).name, fields: [...(o as RecordType).fields] },
        values: [],
      }),
      make: (plain) => {
        const { name, fields } = plain as { name: string; fields: string[] };
        return new RecordType(name, fields);
      },
      fill: () => {},
    },
    regexExtension,
    {
      tag: "task",
      test: (o) => o instanceof Task,
      parts: (o) => {
        const {
          state,
          request,
          wait,
          ending,
          observed,
          cancelled,
          thread,
          parent,
          result,
          children,
          targets,
          waiters,
        } = o as Task;
        return {
          plain: {
            state,
            request,
            wait,
            ending,
            observed,
            cancelled,
            parent: parent !== undefined,
            children: children.size,
            targets: targets.length,
          },
          values: [
            thread,
            result,
            ...(parent === undefined ? [] : [parent]),
            ...children,
            ...targets,
            ...waiters,
          ],
        };
      },
      make: (plain) => {
        const task = Object.create(Task.prototype) as Task;
        const { parent: _, children: __, targets: ___, ...own } = plain as Record<string, unknown>;
        return Object.assign(task, own, { shape: plain });
      },
      fill: (o, values) => {
        const task = o as Task & { shape?: { parent: boolean; children: number; targets: number } };
        const shape = task.shape ?? { parent: false, children: 0, targets: 0 };
        delete task.shape;
        const [thread, result, ...others] = values;
        const tasks = others as unknown as Task[];
        const first = shape.parent ? 1 : 0;
        Object.assign(task, {
          thread: thread as unknown as Thread,
          result,
          parent: shape.parent ? tasks[0] : undefined,
          children: new Set(tasks.slice(first, first + shape.children)),
          targets: tasks.slice(first + shape.children, first + shape.children + shape.targets),
          waiters: tasks.slice(first + shape.children + shape.targets),
        });
      },
    },
    {
      tag: "fiber",
      test: (o) => o instanceof Snapshot,
      parts: (o) => {
        const { root, ready, asking, nextRequest, globals } = o as Snapshot;
        return {
          plain: { nextRequest, ready: ready.length, asking: asking.map(([id]) => id) },
          values: [root, ...ready, ...asking.map(([, task]) => task), ...globals],
        };
      },
      make: (plain) => {
        const { nextRequest, ready, asking } = plain as {
          nextRequest: number;
          ready: number;
          asking: number[];
        };
        const snapshot = Object.create(Snapshot.prototype) as Snapshot;
        // How many of each follow; `fill` puts the tasks in.
        return Object.assign(snapshot, {
          nextRequest,
          ready: new Array(ready),
          asking: asking.map((id) => [id]),
        });
      },
      fill: (o, values) => {
        const snapshot = o as Snapshot;
        const [root, ...rest] = values as unknown as Task[];
        const ready = snapshot.ready.length;
        const ids = snapshot.asking.map(([id]) => id);
        snapshot.root = root as Task;
        snapshot.ready = rest.slice(0, ready);
        snapshot.asking = ids.map((id, i) => [id, rest[ready + i] as Task]);
        snapshot.globals = [];
      },
    },
  ];
}

/** A fiber tree as bytes. @throws Raise kind "host" for what cannot be frozen, saying where it is */
export function freezeTree(
  tree: TaskTree,
  world: FreezeWorld,
  engine: Extension[],
  { globals = "values" }: FreezeOptions = {},
): Uint8Array {
  const { ready, asking, nextRequest } = tree.snapshot();
  const along = globals === "values" ? [...world.globals()] : [];
  const snapshot = new Snapshot(tree.root, ready, asking, nextRequest, along);
  return freezeGraph([snapshot], [...treeExtensions(world, globals), ...engine]);
}

/** The tree again. @throws CorruptBytes; RangeError when code or globals of it are missing here */
export function thawTree(
  bytes: Uint8Array,
  world: FreezeWorld,
  engine: Extension[],
  start: StartThread,
  stats: RunStats,
  freezer: Freezer,
): TaskTree {
  const [snapshot] = thawGraph(bytes, [...treeExtensions(world), ...engine]);
  if (!(snapshot instanceof Snapshot)) throw new RangeError("these bytes are no frozen fiber");
  return TaskTree.restore(snapshot, start, stats, freezer);
}
