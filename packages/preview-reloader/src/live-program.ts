/**
 * A program that serves while its files change: for a host in development. It is one `Program` in this thread, edited in
 * place; what runs goes on in the code that it began with, what is called from then on is the new.
 */
import { type OpDeclaration, Resolver } from "@sorbus/io-resolver";
import { condition, Raise, type Value } from "@sorbus/vm";
import { nodeFiles, type Runtime } from "sorbus";
import type { RunLimits } from "./agent/protocol.ts";
import { problemOf } from "./program/problem.ts";
import { Program, type ProgramHost } from "./program/program.ts";
import { Rebuild, reload } from "./program/reload.ts";
import { Inheritance, saveState } from "./program/state.ts";
import { type DroppedState, PreviewError, type Problem, type Tier } from "./record.ts";
import { Sources } from "./sources.ts";
import { fileWatcher, type Watcher } from "./watcher.ts";

export interface LiveProgramOptions {
  /** The file whose program it is. */
  readonly entry: string;
  /** Who answers what the program performs. */
  readonly ops: Resolver | Iterable<OpDeclaration>;
  /** Of top-level code. Default: none. */
  readonly limits?: RunLimits;
  /** Default: `fileWatcher()`. */
  readonly watcher?: Watcher;
  /** Told of each burst of saves that changed anything. */
  readonly onReload?: (reloaded: LiveReload) => void;
}

/** What came of a burst of saves. */
export interface LiveReload {
  readonly status: "done" | "failed";
  readonly tier: Tier;
  readonly reason: string;
  readonly files: readonly string[];
  readonly definitions: readonly string[];
  readonly stateDropped: readonly DroppedState[];
  /** Milliseconds. */
  readonly time: number;
  /** The program before goes on. */
  readonly error?: Problem;
}

export interface LiveProgram extends AsyncDisposable {
  /** That of the program as it is now. A reload that has to load everything anew puts another in its place. */
  readonly runtime: Runtime;
  /** What a name means in the entry now. @throws Raise kind "unbound" */
  value(name: string): Value;
  /** Applies changes of files that the watcher does not see; undefined: nothing of it concerned the program. */
  changed(paths: readonly string[]): Promise<LiveReload | undefined>;
}

/** Saves that come closer together than this, in milliseconds, are one burst. */
const QUIET = 2;

class Live implements LiveProgram {
  private readonly options: LiveProgramOptions;
  private readonly sources: Sources;
  private readonly watcher: Watcher;
  private readonly host: ProgramHost;
  private program: Program | undefined;
  private readonly concerned: Set<string> = new Set();
  /** Texts that the program does not have, because it would not load with them. */
  private readonly dirty: Set<string> = new Set();
  private seen: Set<string> = new Set();
  private clock: ReturnType<typeof setTimeout> | undefined;
  private working: Promise<unknown> = Promise.resolve();
  private readonly ending = new AbortController();

  constructor(options: LiveProgramOptions) {
    this.options = options;
    this.sources = new Sources(process.cwd());
    this.watcher = options.watcher ?? fileWatcher();
    const resolver = options.ops instanceof Resolver ? options.ops : new Resolver(options.ops);
    this.host = {
      ops: new Set(),
      resolver,
      answer: (op) => {
        throw new RangeError(`nobody answers ${op}`);
      },
      readData: (path) => nodeFiles.read(path),
      log: (text) => console.log(text),
      resolve: (specifier, from) => nodeFiles.resolve(specifier, from),
      read: (path) => this.sources.read(path),
      now: () => performance.now(),
    };
  }

  /** @throws PreviewError for a program that does not load */
  async start(): Promise<void> {
    this.watcher.start(
      (path) => this.sawChange(path),
      (error) => this.tell({ ...FAILED, files: [], error: problemOf(error, "agent", this.textOf) }),
    );
    let made: Program | undefined;
    try {
      this.program = await this.load(undefined, (program) => {
        made = program;
      });
    } catch (error) {
      throw new PreviewError(problemOf(error, "load", (path) => made?.textOf(path)));
    }
    this.watch();
  }

  get runtime(): Runtime {
    return this.loaded().runtime;
  }

  value(name: string): Value {
    const binding = this.loaded().entryFile()?.module.lookup(name);
    const value = binding?.kind === "cell" ? binding.cell.value : undefined;
    if (value === undefined) throw new Raise(condition("unbound", `${name} is not defined`));
    return value;
  }

  async changed(paths: readonly string[]): Promise<LiveReload | undefined> {
    const done = this.working.then(() => this.apply(paths));
    this.working = done.catch(() => {});
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ending.abort();
    clearTimeout(this.clock);
    await this.watcher.close();
    await this.working;
  }

  private readonly textOf = (path: string): string | undefined => this.program?.textOf(path);

  private loaded(): Program {
    if (this.program === undefined) throw new RangeError("the program has not been loaded");
    return this.program;
  }

  private load(inheritance: Inheritance | undefined, made: (program: Program) => void): Promise<Program> {
    let loading: Program | undefined;
    return Program.load(
      {
        entry: this.options.entry,
        limits: this.options.limits ?? {},
        host: this.host,
        restore: (definition, run) =>
          loading === undefined || inheritance === undefined
            ? run()
            : inheritance.restore(loading, definition, run),
      },
      this.ending.signal,
      (program) => {
        loading = program;
        made(program);
      },
    );
  }

  private watch(): void {
    const { files, missing } = this.loaded();
    for (const path of [...files.keys(), ...missing]) this.concerned.add(path);
    this.watcher.add([...this.concerned]);
  }

  private sawChange(path: string): void {
    if (!this.concerned.has(path)) return;
    this.seen.add(path);
    clearTimeout(this.clock);
    this.clock = setTimeout(() => {
      const { seen } = this;
      this.seen = new Set();
      void this.changed([...seen]);
    }, QUIET);
  }

  private tell(reloaded: LiveReload): LiveReload {
    this.options.onReload?.(reloaded);
    return reloaded;
  }

  private async apply(paths: readonly string[]): Promise<LiveReload | undefined> {
    if (this.ending.signal.aborted) return undefined;
    const started = performance.now();
    for (const path of paths) {
      await this.sources.look(path, this.ending.signal);
      if (this.concerned.has(path)) this.dirty.add(path);
    }
    if (this.dirty.size === 0) return undefined;
    const files = [...this.dirty];
    const texts = new Map(files.map((path) => [path, this.sources.known(path)]));
    const program = this.loaded();
    try {
      const done = await this.edit(program, texts);
      this.dirty.clear();
      this.watch();
      if (done.tier === "unchanged") return undefined;
      return this.tell({ ...done, status: "done", files, time: performance.now() - started });
    } catch (error) {
      this.watch();
      const failure = problemOf(error, "load", this.textOf);
      return this.tell({ ...FAILED, files, time: performance.now() - started, error: failure });
    }
  }

  private async edit(
    program: Program,
    texts: ReadonlyMap<string, string | undefined>,
  ): Promise<Pick<LiveReload, "tier" | "reason" | "definitions" | "stateDropped">> {
    try {
      const done = await reload(program, { texts, data: [] }, this.ending.signal, true);
      if (done === undefined) throw new RangeError("a reload that may compile was not done");
      program.missing.clear();
      return {
        tier: done.tier,
        reason: done.reason,
        definitions: done.definitions,
        stateDropped: done.dropped,
      };
    } catch (error) {
      if (!(error instanceof Rebuild)) throw error;
      const { state, dropped } = saveState(program);
      const inheritance = new Inheritance(state);
      const fresh = await this.load(inheritance, () => {});
      inheritance.finish(fresh);
      this.program = fresh;
      return {
        tier: "unit",
        reason: `everything was loaded anew: ${error.message}`,
        definitions: [],
        stateDropped: [...dropped, ...inheritance.dropped],
      };
    }
  }
}

const FAILED = {
  status: "failed",
  tier: "unit",
  reason: "the new text cannot be loaded; the program before goes on",
  definitions: [],
  stateDropped: [],
  time: 0,
} as const;

/**
 * Loads a program and follows its files.
 * @throws PreviewError when it does not load
 */
export async function liveProgram(options: LiveProgramOptions): Promise<LiveProgram> {
  const live = new Live(options);
  try {
    await live.start();
  } catch (error) {
    await live[Symbol.asyncDispose]();
    throw error;
  }
  return live;
}
