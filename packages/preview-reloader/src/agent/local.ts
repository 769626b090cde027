/** An agent in this thread: one program, asked one thing at a time. A worker runs one of these, too. */
import { getHeapStatistics } from "node:v8";
import { type Form, spanOf } from "@sorbus/reader";
import {
  closureCode,
  dictGet,
  dictKeys,
  isDict,
  Markup,
  NIL,
  Raise,
  renderToHtml,
  type Value,
} from "@sorbus/vm";
import type { Definition } from "../program/model.ts";
import { problemOf } from "../program/problem.ts";
import { Cancelled, Program, type ProgramHost, stopIf } from "../program/program.ts";
import { type Edit, Rebuild, reload } from "../program/reload.ts";
import { Inheritance, restoreState, saveState, stateNames } from "../program/state.ts";
import { type DroppedState, PreviewError, type Problem, type Tier } from "../record.ts";
import type { SavedState, StateReport } from "../session-types.ts";
import { checkTraits, completeTraits, fromKebab, type Traits, toKebab } from "../traits.ts";
import type {
  Agent,
  AgentFactory,
  AgentHost,
  AgentOptions,
  AgentTimings,
  ApplyResult,
  EditMessage,
  Graph,
  LoadResult,
  PreviewForm,
  ProgramInfo,
  RenderRequest,
  RenderResult,
} from "./protocol.ts";

const NO_TIMINGS: AgentTimings = { parse: 0, diff: 0, compile: 0, instantiate: 0 };

/** Agents in this thread. A program that loops gives others a turn, but they share one processor and one heap. */
export const localAgents: AgentFactory = {
  kind: "in-process",
  start: (options, host) => new LocalAgent(options, host),
};

export class LocalAgent implements Agent {
  readonly died: Promise<string> = new Promise(() => {});
  private readonly options: AgentOptions;
  private readonly host: AgentHost;
  private readonly texts: Map<string, string> = new Map();
  private program: Program | undefined;
  /** Of a program that could not be loaded: what it was made of is what has to change. */
  private failed: Program | undefined;
  private queue: Promise<unknown> = Promise.resolve();
  private generations = 0;
  private heapAtLoad = 0;
  private readonly setUp: Set<string> = new Set();

  constructor(options: AgentOptions, host: AgentHost) {
    this.options = options;
    this.host = host;
  }

  load(
    texts: ReadonlyMap<string, string>,
    state: SavedState | undefined,
    signal: AbortSignal,
  ): Promise<LoadResult> {
    return this.exclusively(() => {
      for (const [path, text] of texts) this.texts.set(path, text);
      return this.loadNow(state, signal);
    });
  }

  apply(edit: EditMessage, structural: boolean, signal: AbortSignal): Promise<ApplyResult> {
    return this.exclusively(() => this.applyNow(edit, structural, signal));
  }

  render(request: RenderRequest, signal: AbortSignal): Promise<RenderResult> {
    return this.exclusively(() => this.renderNow(request, signal));
  }

  saveState(): Promise<{ readonly state: SavedState; readonly dropped: readonly DroppedState[] }> {
    return this.exclusively(() => {
      if (this.program === undefined) {
        return { state: { format: "sorbus-preview-state-1", values: [] } as const, dropped: [] };
      }
      return saveState(this.program);
    });
  }

  restoreState(state: SavedState): Promise<StateReport> {
    return this.exclusively(async () => {
      if (this.program === undefined) return { kept: [], dropped: [] };
      return restoreState(this.program, state);
    });
  }

  async dispose(): Promise<void> {
    this.program = undefined;
    this.failed = undefined;
    this.texts.clear();
  }

  /** One thing after the other: a render never sees half a reload. */
  private exclusively<T>(work: () => T | Promise<T>): Promise<T> {
    const done = this.queue.then(work);
    this.queue = done.catch(() => {});
    return done;
  }

  // ---- loading and reloading -----------------------------------------------------------------

  private async loadNow(state: SavedState | undefined, signal: AbortSignal): Promise<LoadResult> {
    const started = performance.now();
    let made: Program | undefined;
    try {
      const { program, info } = await this.fresh(state, signal, (program) => {
        made = program;
      });
      this.program = program;
      this.failed = undefined;
      return { type: "loaded", info, graph: graphOf(program), time: performance.now() - started };
    } catch (error) {
      if (error instanceof Cancelled || signal.aborted) return { type: "cancelled" };
      this.failed = made;
      return { type: "failed", problem: this.problem(error, "load"), graph: graphOf(made) };
    }
  }

  /** The program of the texts as they are now. */
  private async fresh(
    state: SavedState | undefined,
    signal: AbortSignal,
    made: (program: Program) => void,
  ): Promise<{ readonly program: Program; readonly info: ProgramInfo }> {
    const inheritance = new Inheritance(state);
    const { entry, hooks, limits, time } = this.options;
    let loading: Program | undefined;
    const program = await Program.load(
      {
        entry,
        hooks,
        limits,
        ...(time !== undefined && { time }),
        host: this.programHost(),
        restore: (definition, run) =>
          loading === undefined ? run() : inheritance.restore(loading, definition, run),
      },
      signal,
      (program) => {
        loading = program;
        made(program);
      },
    );
    inheritance.finish(program);
    this.setUp.clear();
    this.heapAtLoad = getHeapStatistics().used_heap_size;
    return { program, info: this.info(program, inheritance.dropped) };
  }

  private programHost(): ProgramHost {
    const { host } = this;
    return {
      ops: new Set(this.options.ops),
      answer: (op, args, signal) => host.answer(op, args, signal),
      readData: (path) => host.readData(path),
      log: (text) => host.notice({ code: "log", message: text }),
      resolve: (specifier, from) => host.resolve(specifier, from),
      read: (path) => {
        const known = this.texts.get(path);
        if (known !== undefined) return known;
        const text = host.read(path);
        const keep = (whole: string): string => {
          this.texts.set(path, whole);
          return whole;
        };
        return typeof text === "string" ? keep(text) : text.then(keep);
      },
      now: () => performance.now(),
    };
  }

  private async applyNow(edit: EditMessage, structural: boolean, signal: AbortSignal): Promise<ApplyResult> {
    for (const [path, text] of edit.texts) {
      if (text === null) this.texts.delete(path);
      else this.texts.set(path, text);
    }
    const { program } = this;
    if (program === undefined || edit.whole === true) {
      const reason = edit.whole === true ? "the project's definition changed" : "nothing was loaded before";
      return this.rebuild(reason, structural, signal, edit.whole === true ? "reresolve" : "unit", NO_TIMINGS);
    }
    const change: Edit = {
      texts: new Map(edit.texts.map(([path, text]) => [path, text ?? undefined])),
      data: edit.data,
    };
    const files = program.files.size;
    const missing = program.missing.size;
    try {
      const done = await reload(program, change, signal, structural);
      if (done === undefined) return { type: "structural", reason: "code has to be compiled" };
      if (done.tier === "unit") this.generations += 1;
      const { tier, reason, definitions, timings } = done;
      program.missing.clear();
      const graphChanged = done.graphChanged || program.files.size !== files || missing > 0;
      return {
        type: "applied",
        tier,
        reason,
        definitions,
        timings,
        info: this.info(program, done.dropped),
        ...(graphChanged && { graph: graphOf(program) }),
      };
    } catch (error) {
      if (error instanceof Cancelled || signal.aborted) return { type: "cancelled" };
      if (error instanceof Rebuild)
        return this.rebuild(error.message, structural, signal, "unit", NO_TIMINGS);
      return {
        type: "failed",
        problem: this.problem(error, "load"),
        graph: graphOf(program),
        timings: NO_TIMINGS,
      };
    }
  }

  /** Loads all of the program anew beside the one that runs, and lets it take the state over. */
  private async rebuild(
    reason: string,
    structural: boolean,
    signal: AbortSignal,
    tier: Tier,
    timings: AgentTimings,
  ): Promise<ApplyResult> {
    if (!structural) return { type: "structural", reason };
    const started = performance.now();
    const before = this.program;
    const saved = before === undefined ? undefined : saveState(before);
    let made: Program | undefined;
    try {
      const { program, info } = await this.fresh(saved?.state, signal, (program) => {
        made = program;
      });
      this.program = program;
      this.failed = undefined;
      this.generations += 1;
      return {
        type: "applied",
        tier,
        reason: `everything was loaded anew: ${reason}`,
        definitions: [],
        info: {
          ...info,
          generations: this.generations,
          stateDropped: [...(saved?.dropped ?? []), ...info.stateDropped],
        },
        graph: graphOf(program),
        timings: { ...timings, compile: performance.now() - started },
      };
    } catch (error) {
      if (error instanceof Cancelled || signal.aborted) return { type: "cancelled" };
      if (before === undefined) this.failed = made;
      return {
        type: "failed",
        problem: this.problem(error, "load", made),
        graph: graphOf(before, made),
        timings,
      };
    }
  }

  private info(program: Program, dropped: readonly DroppedState[]): ProgramInfo {
    return {
      previews: previewsOf(program).map(({ form }) => form),
      generations: this.generations,
      retained: Math.max(0, getHeapStatistics().used_heap_size - this.heapAtLoad),
      stateKept: stateNames(program),
      stateDropped: dropped,
    };
  }

  private problem(error: unknown, phase: Problem["phase"], program?: Program): Problem {
    if (error instanceof PreviewError) return error.problem;
    const known = program ?? this.program ?? this.failed;
    return problemOf(error, phase, (path) => known?.textOf(path) ?? this.texts.get(path));
  }

  // ---- rendering -----------------------------------------------------------------------------

  private async renderNow(request: RenderRequest, signal: AbortSignal): Promise<RenderResult> {
    const { program } = this;
    const started = performance.now();
    let phase: Problem["phase"] = "render";
    try {
      stopIf(signal);
      if (program === undefined) throw noPreview("the program has not loaded so far");
      const { resolver } = program;
      const { definition, form, index } = find(program, request.preview);
      const traits = completeTraits(form.traits, request.traits);
      const given = program.runtime.toSx(toKebab(traits));
      const call = (fn: Value, args: readonly Value[]): Value | Promise<Value> =>
        program.call(fn, args, signal) as Value | Promise<Value>;
      resolver.begin();
      const parts = await call(definition.closure, []);
      await this.setUpOnce(program, form.name, part(parts, "setup"), signal);
      if (request.action !== undefined) {
        phase = "action";
        await this.act(program, part(parts, "actions"), request.action, call);
        phase = "render";
      }
      const render = part(parts, "render");
      const wrap = hook(program, this.options.hooks, "wrap");
      const shown =
        wrap === undefined
          ? await call(render, [given])
          : await call(wrap, [await call(core(program, "partial"), [render, given]), given]);
      const html =
        shown instanceof Markup && typeof shown.parts === "string"
          ? renderToHtml(shown)
          : await call(core(program, "render-to-html"), [shown]);
      const dropped = resolver.state.dropped.splice(0);
      return {
        type: "rendered",
        html: String(html),
        index,
        traits,
        reads: [...resolver.reads],
        stateDropped: dropped,
        time: performance.now() - started,
      };
    } catch (error) {
      if (error instanceof Cancelled || signal.aborted) return { type: "cancelled" };
      return {
        type: "failed",
        problem: this.problem(error, phase),
        reads: [...(program?.resolver.reads ?? [])],
      };
    }
  }

  private async act(
    program: Program,
    actions: Value,
    { name, detail }: { readonly name: string; readonly detail: unknown },
    call: (fn: Value, args: readonly Value[]) => Value | Promise<Value>,
  ): Promise<void> {
    const table = actions === NIL ? NIL : await call(actions, []);
    const names = isDict(table) ? dictKeys(table) : [];
    if (!isDict(table) || !names.includes(name)) {
      const known = names.length === 0 ? "it has none" : `it has ${names.join(", ")}`;
      const message = `the preview has no action ${JSON.stringify(name)}: ${known}`;
      throw new PreviewError({ phase: "request", code: "no-action", message, detail: message });
    }
    await call(dictGet(table, name) ?? NIL, [program.runtime.toSx(detail)]);
  }

  /** The project's hook and the preview's own, each once in the life of this agent. */
  private async setUpOnce(program: Program, name: string, setup: Value, signal: AbortSignal): Promise<void> {
    const project = hook(program, this.options.hooks, "setup");
    const hooks: [string, Value | undefined][] = [
      ["the project", project],
      [`the preview ${JSON.stringify(name)}`, setup === NIL ? undefined : setup],
    ];
    for (const [whose, fn] of hooks) {
      if (fn === undefined || this.setUp.has(whose)) continue;
      this.setUp.add(whose);
      try {
        await program.call(fn, [], signal);
      } catch (error) {
        if (error instanceof Cancelled || signal.aborted) {
          this.setUp.delete(whose);
          throw new Cancelled("overtaken");
        }
        if (!(error instanceof Raise)) throw error;
        const problem = this.problem(error, "setup");
        this.host.notice({
          code: "setup-failed",
          message: `the setup of ${whose} failed: ${problem.message}`,
          problem,
        });
      }
    }
  }
}

function graphOf(...programs: readonly (Program | undefined)[]): Graph {
  const files = new Set<string>();
  const missing = new Set<string>();
  for (const program of programs) {
    for (const path of program?.files.keys() ?? []) files.add(path);
    for (const path of program?.missing ?? []) missing.add(path);
  }
  return { files: [...files], missing: [...missing].filter((path) => !files.has(path)) };
}

interface FoundPreview {
  readonly form: PreviewForm;
  readonly definition: Definition;
  readonly index: number;
}

/** The previews of the entry, in the order of the text. Linear in the entry's forms. */
function previewsOf(program: Program): FoundPreview[] {
  const found: FoundPreview[] = [];
  for (const item of program.entryFile()?.items ?? []) {
    for (const definition of item.definitions) {
      const { preview } = definition.unit;
      if (preview === undefined) continue;
      found.push({
        definition,
        index: found.length,
        form: {
          name: preview.name,
          line: spanOf(item.form).line,
          snippet: snippetOf(item.form),
          traits: preview.traits === undefined ? {} : traitsOf(program, preview.traits),
          interactive: hasOption(item.form, "actions"),
        },
      });
    }
  }
  return found;
}

function traitsOf(program: Program, traits: Value): Traits {
  try {
    return checkTraits(fromKebab(program.runtime.fromSx(traits) as Record<string, unknown>));
  } catch (error) {
    if (!(error instanceof PreviewError)) throw error;
    // It is said when the preview is rendered: one preview's mistake is no reason not to list the others.
    return fromKebab(program.runtime.fromSx(traits) as Record<string, unknown>);
  }
}

function hasOption(form: Form, name: string): boolean {
  return form.type === "list" && form.items.some((item) => item.type === "keyword" && item.name === name);
}

const SNIPPET_LINES = 8;

function snippetOf(form: Form): string {
  const { source, offset } = form.origin;
  const lines = source.text.slice(offset + form.start, offset + form.end).split("\n");
  return lines.length > SNIPPET_LINES ? [...lines.slice(0, SNIPPET_LINES), "…"].join("\n") : lines.join("\n");
}

function noPreview(message: string): PreviewError {
  return new PreviewError({
    phase: "request",
    code: "no-preview",
    message,
    detail: message,
    remediation: 'Previews are forms of the file such as (preview "Card" (~card :title "x")).',
  });
}

function find(program: Program, wanted: number | string): FoundPreview {
  const all = previewsOf(program);
  const found = all.find((preview) => preview.index === wanted || preview.form.name === wanted);
  if (found !== undefined) {
    checkTraits(found.form.traits);
    return found;
  }
  const file = program.entryFile()?.path ?? "the file";
  if (all.length === 0) throw noPreview(`${file} has no previews`);
  throw noPreview(
    `${file} has no preview ${JSON.stringify(wanted)}: it has ${all.map((p) => `${p.index} ${JSON.stringify(p.form.name)}`).join(", ")}`,
  );
}

function part(parts: Value, name: string): Value {
  return isDict(parts) ? (dictGet(parts, name) ?? NIL) : NIL;
}

function core(program: Program, name: string): Value {
  const value = program.runtime.world.coreValue(name);
  if (value === undefined) throw new RangeError(`the core lacks ${name}`);
  return value;
}

/** A function that the project's file of hooks defines. */
function hook(program: Program, hooks: string | undefined, name: string): Value | undefined {
  if (hooks === undefined) return undefined;
  const file = program.files.get(program.options.host.resolve(hooks, ""));
  const binding = file?.module.lookupExport(name);
  const value = binding?.kind === "cell" ? binding.cell.value : undefined;
  return value !== undefined && (typeof value !== "object" || closureCode(value) !== null)
    ? value
    : undefined;
}
