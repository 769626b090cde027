/**
 * Who answers what a preview performs and does not mock: first the host, for the ops that it has; then the ops here,
 * which give the same answers each time, so that equal programs give equal HTML.
 */
import { type OpDeclaration, OpError, type OpRequest, Resolver } from "@sorbus/io-resolver";
import { NIL, type Value } from "@sorbus/vm";
import { shapeOf } from "./shape.ts";

/** Noon of the first of January 2025, UTC: when it is for a preview, if nobody says otherwise. */
export const PREVIEW_TIME: number = Date.UTC(2025, 0, 1, 12);

/** What answers the ops that no program's table has. */
export interface Answerer {
  /** Who answers before anybody else, in this thread and with values of any kind. */
  readonly resolver?: Resolver;
  /** The names of the ops that the host answers. */
  readonly ops: ReadonlySet<string>;
  /** A value, or a promise of it, of the plain kinds that cross the border; throws or rejects to raise. */
  answer(op: string, args: readonly unknown[], signal: AbortSignal | undefined): unknown;
  /** The text of a file of data. */
  readData(path: string): unknown;
  log(text: string): void;
}

interface Kept {
  value: Value;
  /** Of the initial value that goes with it. */
  shape: string;
}

/** What components remember from one render to the next, by the names that they give it. */
export class ComponentState {
  readonly values: Map<string, Kept> = new Map();
  readonly dropped: { readonly name: string; readonly why: string }[] = [];

  /** The value of that name; the initial one where there is none or it starts from another shape now. */
  get(name: string, initial: Value): Value {
    const shape = shapeOf(initial);
    const known = this.values.get(name);
    if (known !== undefined && known.shape === shape) return known.value;
    if (known !== undefined) {
      this.dropped.push({ name, why: `it starts as ${shape} now, and was ${known.shape}` });
    }
    this.values.set(name, { value: initial, shape });
    return initial;
  }

  set(name: string, value: Value): void {
    const known = this.values.get(name);
    if (known === undefined) {
      throw new OpError("user", `:state/set: nothing has asked for the state ${name} with :state/get`, [
        name,
      ]);
    }
    known.value = value;
  }
}

/** The ops of previews, over a host's. */
export class PreviewResolver extends Resolver {
  readonly state: ComponentState;
  /** Paths of data that was read since it was last emptied. */
  readonly reads: Set<string>;
  /** Ops that were asked since it was last emptied. */
  readonly asked: Set<string>;
  private readonly answerer: Answerer;
  private readonly random: { seed: number };

  constructor(answerer: Answerer, time: number) {
    const state = new ComponentState();
    const reads = new Set<string>();
    const random = { seed: 0 };
    super(ops(answerer, time, state, reads, random));
    this.state = state;
    this.reads = reads;
    this.asked = new Set();
    this.answerer = answerer;
    this.random = random;
  }

  /** Before each render: the same random numbers come again. */
  begin(): void {
    this.random.seed = 1;
    this.reads.clear();
    this.asked.clear();
  }

  override get(op: string): OpDeclaration | undefined {
    const { resolver, ops: host } = this.answerer;
    if (resolver?.has(op) === true) return resolver.get(op);
    return host.has(op) ? undefined : super.get(op);
  }

  override resolve(request: OpRequest): unknown {
    this.asked.add(request.op);
    const { resolver } = this.answerer;
    if (resolver?.has(request.op) === true) return resolver.resolve(request);
    if (!this.answerer.ops.has(request.op)) return super.resolve(request);
    return this.answerer.answer(request.op, request.args, request.signal);
  }
}

function ops(
  answerer: Answerer,
  time: number,
  state: ComponentState,
  reads: Set<string>,
  random: { seed: number },
): OpDeclaration[] {
  return [
    {
      name: "state/get",
      params: "name initial",
      purity: "write",
      values: "raw",
      doc: "What a component remembers under that name; at first, `initial`.",
      check: ([name]) => (typeof name === "string" ? undefined : "the name is a string"),
      handler: ([name, initial]) => state.get(name as string, initial as Value),
    },
    {
      name: "state/set",
      params: "name value",
      purity: "write",
      values: "raw",
      doc: "Makes a component remember another value.",
      check: ([name]) => (typeof name === "string" ? undefined : "the name is a string"),
      handler: ([name, value]) => {
        state.set(name as string, value as Value);
        return NIL;
      },
    },
    {
      name: "file/read",
      params: "path",
      purity: "read",
      doc: "The text of a file of the project. When the file changes, what has read it is shown anew.",
      check: ([path]) => (typeof path === "string" ? undefined : "the path is a string"),
      handler: ([path]) => {
        reads.add(path as string);
        return answerer.readData(path as string);
      },
    },
    { name: "time/now", params: "", purity: "read", doc: "Always the same time.", handler: () => time },
    {
      name: "random/int",
      params: "n",
      purity: "read",
      doc: "The same numbers at each render.",
      check: ([n]) => (typeof n === "number" && n >= 1 ? undefined : "n is a number from 1 on"),
      handler: ([n]) => {
        // Park and Miller's minimal standard generator.
        random.seed = (random.seed * 48_271) % 2_147_483_647;
        return random.seed % (n as number);
      },
    },
    { name: "async/sleep", params: "ms", purity: "read", doc: "Does not wait.", handler: () => null },
    {
      name: "console/print",
      params: "&rest values",
      purity: "write",
      doc: "Tells the session's log.",
      handler: (args) => {
        answerer.log(
          args.map((arg) => (typeof arg === "string" ? arg : (JSON.stringify(arg) ?? String(arg)))).join(" "),
        );
        return null;
      },
    },
  ];
}
