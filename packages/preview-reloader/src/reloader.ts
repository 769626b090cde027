/** The reloader: one watcher, the texts it has seen, and the sessions that live on them. */
import { resolve } from "node:path";
import { type OpDeclaration, Resolver } from "@sorbus/io-resolver";
import type { SourceFiles } from "sorbus";
import { type Executor, persistentWorker } from "./agent/executors.ts";
import type { RunLimits } from "./agent/protocol.ts";
import { PreviewError } from "./record.ts";
import { LiveSession, simple } from "./session.ts";
import type { Session } from "./session-types.ts";
import { Sources } from "./sources.ts";
import { checkTraits, type Traits } from "./traits.ts";
import { fileWatcher, type Watcher } from "./watcher.ts";

export interface ReloaderOptions {
  /** The project's folder: paths are relative to it. */
  readonly root: string;
  /** How programs are executed. Default: `persistentWorker()`. */
  readonly executor?: Executor;
  /** Default: `fileWatcher()`. */
  readonly watcher?: Watcher;
  /** Where texts come from. Default: the file system. A worker resolves imports itself, as Node does. */
  readonly files?: SourceFiles;
  /** Who answers what previews perform and do not mock, over the reloader's own ops. */
  readonly ops?: Resolver | Iterable<OpDeclaration>;
  /** Of each run: top-level code, a render, an action. Default: 2 s, 256 MiB. */
  readonly limits?: RunLimits;
  /** When it is for previews, in milliseconds since 1970. Default: noon of 2025-01-01. */
  readonly time?: number;
  /** A file of the project that defines `setup` (no parameters) or `wrap` (a function that renders, and the traits). */
  readonly hooks?: string;
  /** Files that define the project: when one changes, everything is loaded anew and state is kept. */
  readonly project?: readonly string[];
  /** Milliseconds of quiet after which a reload is compared with a build from scratch. Default 500; false: never. */
  readonly verifyAfter?: number | false;
  /** Milliseconds since some start. Default `performance.now`. */
  readonly now?: () => number;
}

export interface OpenOptions {
  readonly id?: string;
  readonly traits?: Traits;
  /** Index or name of the preview to begin with. Default: the first. */
  readonly preview?: number | string;
}

export interface Reloader extends AsyncDisposable {
  readonly root: string;
  /** Loads a file and begins to follow it. What is wrong with the file is in the session's standing. */
  open(entry: string, options?: OpenOptions): Promise<Session>;
  sessions(): readonly Session[];
  session(id: string): Session | undefined;
  dispose(): Promise<void>;
}

const LIMITS: RunLimits = { time: 2_000, memory: 256 * 2 ** 20 };
/** Saves that come closer together than this are one burst; a burst ends after the longer time in any case. */
const QUIET = 2;
const BURST = 25;

class LiveReloader implements Reloader {
  readonly root: string;
  private readonly options: ReloaderOptions;
  private readonly sources: Sources;
  private readonly watcher: Watcher;
  private readonly executor: Executor;
  private readonly resolver: Resolver;
  private readonly open_: Map<string, LiveSession> = new Map();
  private readonly now: () => number;
  private opened = 0;
  private seen: Map<string, number> = new Map();
  private clock: ReturnType<typeof setTimeout> | undefined;
  private burstSince = 0;

  constructor(options: ReloaderOptions) {
    this.options = options;
    this.root = resolve(options.root);
    this.sources = new Sources(this.root, options.files);
    this.watcher = options.watcher ?? fileWatcher();
    this.executor = options.executor ?? persistentWorker();
    this.resolver = options.ops instanceof Resolver ? options.ops : new Resolver(options.ops ?? []);
    this.now = options.now ?? (() => performance.now());
  }

  start(): void {
    this.watcher.start(
      (path) => this.sawChange(path),
      (error) => {
        for (const session of this.open_.values()) {
          session.warn({ code: "watch-failed", message: `files cannot be watched: ${error.message}` });
        }
      },
    );
  }

  async open(entry: string, options: OpenOptions = {}): Promise<Session> {
    this.opened += 1;
    const id = options.id ?? `s${this.opened}`;
    if (this.open_.has(id)) {
      throw new PreviewError(simple("request", "session-exists", `there is a session ${id} already`));
    }
    if (options.traits !== undefined) checkTraits(options.traits);
    const path = this.sources.files.resolve(resolve(this.root, entry), "");
    const { hooks, limits = LIMITS, time, project = [], verifyAfter = 500 } = this.options;
    const { files } = this.sources;
    const dataPath = (data: string): string => resolve(this.root, data);
    const session = new LiveSession(
      {
        id,
        entry: path,
        sources: this.sources,
        project: new Set(project.map((file) => resolve(this.root, file))),
        dataPath,
        verifyAfter: verifyAfter === false ? undefined : verifyAfter,
        now: this.now,
        onFiles: (paths) => this.watcher.add(paths),
        onDispose: () => this.open_.delete(id),
        create: (notice) =>
          this.executor.create(
            {
              entry: path,
              ...(hooks !== undefined && { hooks: resolve(this.root, hooks) }),
              limits,
              ...(time !== undefined && { time }),
              ops: this.resolver.ops().map((op) => op.name),
            },
            {
              read: (file) => this.sources.read(file),
              readData: (file) => files.read(dataPath(file)),
              answer: (op, args, signal) =>
                this.resolver.resolve({ op, args, ...(signal !== undefined && { signal }) }),
              notice,
              resolve: (specifier, from) => files.resolve(specifier, from),
            },
          ),
      },
      options,
    );
    this.open_.set(id, session);
    try {
      await session.start();
    } catch (error) {
      await session.dispose();
      throw error;
    }
    return session;
  }

  sessions(): readonly Session[] {
    return [...this.open_.values()];
  }

  session(id: string): Session | undefined {
    return this.open_.get(id);
  }

  async dispose(): Promise<void> {
    clearTimeout(this.clock);
    await this.watcher.close();
    await Promise.all([...this.open_.values()].map((session) => session.dispose()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  private sawChange(path: string): void {
    const full = resolve(path);
    if (![...this.open_.values()].some((session) => session.concerns(full))) return;
    const now = this.now();
    if (this.seen.size === 0) this.burstSince = now;
    if (!this.seen.has(full)) this.seen.set(full, now);
    clearTimeout(this.clock);
    if (now - this.burstSince >= BURST) void this.flush();
    else this.clock = setTimeout(() => void this.flush(), QUIET);
  }

  private async flush(): Promise<void> {
    const burst = this.seen;
    this.seen = new Map();
    await Promise.all([...burst.keys()].map((path) => this.sources.look(path)));
    const since = Math.min(...burst.values());
    for (const session of this.open_.values()) {
      const paths = [...burst.keys()].filter((path) => session.concerns(path));
      // What came of it is told by the session's events.
      if (paths.length > 0) session.note(paths, since).catch((error: unknown) => session.failed(error));
    }
  }
}

/** A reloader for the files of a folder. */
export async function createReloader(options: ReloaderOptions): Promise<Reloader> {
  const reloader = new LiveReloader(options);
  reloader.start();
  return reloader;
}
