/** A file that is being previewed: what its program is, what is shown of it, and what became of each burst of saves. */
import { resolve } from "node:path";
import type { StructuralReloader } from "./agent/line.ts";
import type { ApplyResult, EditMessage, Graph, ProgramInfo, RenderRequest } from "./agent/protocol.ts";
import { ProgramTexts } from "./program-texts.ts";
import {
  type DroppedState,
  NO_TIME,
  type Notice,
  PreviewError,
  type Problem,
  type ReloadRecord,
  type Timings,
} from "./record.ts";
import type {
  PreviewInfo,
  Rendered,
  SavedState,
  Session,
  SessionEvents,
  Standing,
  StateReport,
  Variant,
} from "./session-types.ts";
import { ShownViews } from "./shown-views.ts";
import type { Sources } from "./sources.ts";
import { checkTraits, completeTraits, parseTraits, type Traits } from "./traits.ts";

/** What a session is made of; the reloader gives it. */
export interface SessionParts {
  readonly id: string;
  readonly entry: string;
  readonly sources: Sources;
  readonly create: (notice: (notice: Notice) => void) => StructuralReloader;
  /** Files that define the project: a change of one has everything loaded anew. */
  readonly project: ReadonlySet<string>;
  /** Resolves paths that a program gives to `:file/read`. */
  readonly dataPath: (path: string) => string;
  /** Milliseconds of quiet before a reload is verified; undefined: never. */
  readonly verifyAfter: number | undefined;
  readonly now: () => number;
  /** Told of files that are to be watched. */
  readonly onFiles: (paths: readonly string[]) => void;
  readonly onDispose: () => void;
}

const MAX_RECORDS = 100;

type Listener<K extends keyof SessionEvents> = (...args: SessionEvents[K]) => void;

interface Waiter {
  readonly resolve: (record: ReloadRecord) => void;
  readonly reject: (error: unknown) => void;
}

export class LiveSession implements Session {
  readonly id: string;
  readonly entry: string;
  private readonly parts: SessionParts;
  private readonly line: StructuralReloader;
  private readonly listeners: { [K in keyof SessionEvents]: Set<Listener<K>> } = {
    reload: new Set(),
    notice: new Set(),
  };
  private readonly log: ReloadRecord[] = [];
  private revision = 0;
  private generation = 0;
  private info: readonly PreviewInfo[] = [];
  private stateKept: readonly string[] = [];
  private readonly texts: ProgramTexts;
  /** Why the program is not that of the sources. */
  private problem: Problem | undefined;
  private undone = false;
  private loaded = false;
  /** What leads back over the last reload. */
  private undoTexts: EditMessage["texts"] | undefined;
  private current: { preview: string | undefined; index: number; traits: Traits };
  private readonly views: ShownViews = new ShownViews();
  private viewProblem: Problem | undefined;
  /** The program is newer than what is shown of it: a save came while it was being rendered. */
  private unshown = false;

  private pending: Map<string, number> = new Map();
  private waiters: Waiter[] = [];
  private reloading: Promise<void> | undefined;
  private controller = new AbortController();
  private renders: Set<AbortController> = new Set();
  private verifyClock: ReturnType<typeof setTimeout> | undefined;
  private verifying: Promise<void> = Promise.resolve();
  private readonly ending = new AbortController();

  constructor(
    parts: SessionParts,
    options: { readonly traits?: Traits; readonly preview?: number | string },
  ) {
    this.id = parts.id;
    this.entry = parts.entry;
    this.parts = parts;
    const { preview = 0 } = options;
    this.current = {
      preview: typeof preview === "string" ? preview : undefined,
      index: typeof preview === "number" ? preview : 0,
      traits: options.traits ?? {},
    };
    this.texts = new ProgramTexts(parts.sources, parts.entry);
    this.line = parts.create((notice) => this.notice(notice));
  }

  // ---- beginning and end ---------------------------------------------------------------------

  /** Loads the program; a program that cannot be loaded is a session that waits for its fix. */
  async start(): Promise<void> {
    this.parts.onFiles([this.entry, ...this.parts.project]);
    const result = await this.line.start(new Map(), undefined, this.ending.signal);
    switch (result.type) {
      case "loaded":
        this.setGraph(result.graph, true);
        this.setInfo(result.info);
        this.loaded = true;
        break;
      case "failed":
        this.setGraph(result.graph, false);
        this.problem = result.problem;
        break;
      case "cancelled":
        return;
      default:
        result satisfies never;
    }
    this.revision = 1;
    await this.renderCurrent();
  }

  async dispose(): Promise<void> {
    if (this.ending.signal.aborted) return;
    this.ending.abort();
    this.controller.abort();
    clearTimeout(this.verifyClock);
    for (const render of this.renders) render.abort();
    const error = new PreviewError(simple("request", "stopped", `the session ${this.id} was stopped`));
    for (const { reject } of this.waiters.splice(0)) reject(error);
    this.parts.onDispose();
    await this.line.dispose();
    await this.verifying;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  // ---- what it says --------------------------------------------------------------------------

  standing(): Standing {
    const error = this.problem ?? this.viewProblem;
    return {
      session: this.id,
      revision: this.revision,
      sourceHash: this.texts.hash,
      stale: this.problem !== undefined || this.undone,
      generation: this.generation,
      ...(error !== undefined && { error }),
    };
  }

  previews(): readonly PreviewInfo[] {
    return this.info;
  }

  records(): readonly ReloadRecord[] {
    return [...this.log];
  }

  files(): readonly string[] {
    return this.texts.paths();
  }

  on<K extends keyof SessionEvents>(event: K, listener: Listener<K>): () => void {
    const listeners: Set<Listener<K>> = this.listeners[event];
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  private emit<K extends keyof SessionEvents>(event: K, ...args: SessionEvents[K]): void {
    const listeners: Set<Listener<K>> = this.listeners[event];
    for (const listener of [...listeners]) listener(...args);
  }

  /** Tells a notice that comes from outside the program. */
  warn(notice: Notice): void {
    this.notice(notice);
  }

  /** A reload that nobody waits for has come to nothing. */
  failed(error: unknown): void {
    if (this.ending.signal.aborted) return;
    const message = error instanceof Error ? error.message : String(error);
    this.notice({ code: "agent-died", message: `a reload could not be done: ${message}` });
  }

  private notice(notice: Notice): void {
    this.emit("notice", notice);
    // Another agent runs the program now: it is shown from there.
    if (notice.code === "agent-replaced") void this.renderCurrent();
  }

  notePatch(revision: number, milliseconds: number): void {
    const index = this.log.findIndex(
      (record) => record.revision === revision && record.status !== "unchanged",
    );
    const record = this.log[index];
    if (record !== undefined) {
      this.log[index] = { ...record, timings: { ...record.timings, patch: milliseconds } };
    }
  }

  async wait(revision: number, { timeout = 10_000 }: { readonly timeout?: number } = {}): Promise<Standing> {
    if (this.revision >= revision) return this.standing();
    return new Promise((done, failed) => {
      const clock = setTimeout(() => {
        stop();
        const message = `revision ${revision} did not come within ${timeout} ms; the session is at ${this.revision}`;
        failed(new PreviewError(simple("request", "timeout", message)));
      }, timeout);
      const stop = this.on("reload", () => {
        if (this.revision < revision) return;
        clearTimeout(clock);
        stop();
        done(this.standing());
      });
    });
  }

  async caughtUp(): Promise<void> {
    while (this.reloading !== undefined) await this.reloading;
  }

  async settled(): Promise<void> {
    for (;;) {
      const { reloading, verifying } = this;
      await reloading;
      await this.line.settled();
      if (this.verifyClock !== undefined) {
        clearTimeout(this.verifyClock);
        this.verifyNow();
      }
      await this.verifying;
      if (this.reloading === undefined && this.verifying === verifying && this.verifyClock === undefined)
        return;
    }
  }

  // ---- showing -------------------------------------------------------------------------------

  async render(
    options: { readonly traits?: Traits; readonly preview?: number | string } = {},
  ): Promise<Rendered> {
    if (options.traits !== undefined) checkTraits(options.traits);
    const preview = options.preview ?? this.currentPreview();
    if (options.preview !== undefined) this.findPreview(options.preview);
    return this.show({ preview, traits: options.traits ?? this.current.traits });
  }

  async variants(
    sets: readonly (string | Traits)[],
    options: { readonly preview?: number | string } = {},
  ): Promise<readonly Variant[]> {
    const variants: Variant[] = [];
    for (const set of sets) {
      const name = typeof set === "string" ? set : JSON.stringify(set);
      try {
        const traits = typeof set === "string" ? parseTraits(set) : checkTraits(set);
        const rendered = await this.render({ ...options, traits });
        const { error } = rendered;
        variants.push({ name, rendered, ...(error !== undefined && { error }) });
      } catch (error) {
        if (!(error instanceof PreviewError)) throw error;
        variants.push({ name, rendered: undefined, error: error.problem });
      }
    }
    return variants;
  }

  async configure(traits: Traits): Promise<Rendered> {
    this.current.traits = { ...checkTraits(traits) };
    return this.renderCurrent();
  }

  async switch(preview: number | string): Promise<Rendered> {
    const { index, name } = this.findPreview(preview);
    this.current = { ...this.current, index, preview: name };
    return this.renderCurrent();
  }

  async act(
    action: string,
    detail: unknown = null,
    options: { readonly preview?: number | string } = {},
  ): Promise<Rendered> {
    const preview = options.preview ?? this.currentPreview();
    if (options.preview !== undefined) this.findPreview(options.preview);
    return this.show({ preview, traits: this.current.traits, action: { name: action, detail } });
  }

  /** By name if it is known, so that previews may be added before it. */
  private currentPreview(): number | string {
    const { preview, index } = this.current;
    if (preview !== undefined && this.info.some(({ name }) => name === preview)) return preview;
    return this.info[index] === undefined && this.info.length > 0 ? 0 : index;
  }

  private findPreview(wanted: number | string): PreviewInfo {
    const found = this.info.find(({ index, name }) => index === wanted || name === wanted);
    if (found !== undefined) return found;
    const known = this.info.map(({ index, name }) => `${index} ${JSON.stringify(name)}`).join(", ");
    const message = `there is no preview ${JSON.stringify(wanted)}; there ${known === "" ? "are none" : `are ${known}`}`;
    throw new PreviewError(simple("request", "no-preview", message, "Ask for the list of previews."));
  }

  private async renderCurrent(): Promise<Rendered> {
    const view = await this.show({ preview: this.currentPreview(), traits: this.current.traits });
    this.viewProblem = this.loaded ? view.error : undefined;
    return view;
  }

  /** Renders; what a newer reload overtakes is rendered after it. */
  private async show(request: RenderRequest): Promise<Rendered> {
    for (;;) {
      const result = await this.attempt(request);
      if (result.type !== "cancelled" || this.ending.signal.aborted) return this.rendered(request, result);
      await this.reloading;
    }
  }

  private async attempt(request: RenderRequest): ReturnType<StructuralReloader["render"]> {
    if (!this.loaded && this.problem !== undefined)
      return { type: "failed", problem: this.problem, reads: [] };
    const controller = new AbortController();
    this.renders.add(controller);
    try {
      return await this.line.render(request, AbortSignal.any([controller.signal, this.ending.signal]));
    } catch (error) {
      if (this.ending.signal.aborted) return { type: "cancelled" };
      throw error;
    } finally {
      this.renders.delete(controller);
    }
  }

  private rendered(
    request: RenderRequest,
    result: Awaited<ReturnType<StructuralReloader["render"]>>,
  ): Rendered {
    const { action: _, ...plain } = request;
    const preview = this.info.find(
      ({ index, name }) => index === request.preview || name === request.preview,
    );
    const key = JSON.stringify([preview?.name ?? request.preview, request.traits]);
    const base = { preview, previews: this.info } as const;
    switch (result.type) {
      case "rendered": {
        this.views.show(key, plain, result.html);
        this.noteReads(key, result.reads);
        for (const { name, why } of result.stateDropped) {
          this.notice({ code: "state-dropped", message: `the state ${name} was dropped: ${why}` });
        }
        const { html, traits, time, reads } = result;
        return { ...this.standing(), ...base, html, traits, time, reads };
      }
      case "failed": {
        // What it would have read had it not failed counts still.
        if (result.reads.length > 0) this.noteReads(key, result.reads);
        const traits = completeTraits(preview?.traits, request.traits);
        const standing = this.standing();
        const error = this.problem ?? result.problem;
        return {
          ...standing,
          ...base,
          error,
          html: this.views.lastGood(key),
          traits,
          time: 0,
          reads: result.reads,
        };
      }
      case "cancelled":
        throw new PreviewError(simple("request", "stopped", `the session ${this.id} was stopped`));
      default:
        return result satisfies never;
    }
  }

  private noteReads(key: string, reads: readonly string[]): void {
    const paths = reads.map(this.parts.dataPath);
    this.views.noteReads(key, paths);
    if (paths.length > 0) this.parts.onFiles(paths);
  }

  // ---- reloading -----------------------------------------------------------------------------

  /** Whether a change of that file is any business of this session. */
  concerns(path: string): boolean {
    return this.texts.has(path) || this.parts.project.has(path) || this.views.hasRead(path);
  }

  async changed(files: readonly string[]): Promise<ReloadRecord> {
    const paths = files.map((file) => resolve(file));
    await Promise.all(paths.map((path) => this.parts.sources.look(path, this.ending.signal)));
    return this.note(paths, this.parts.now());
  }

  /** As `changed`, for files that have been looked at. `since`: when the first of them was seen to change. */
  note(paths: readonly string[], since: number): Promise<ReloadRecord> {
    if (this.ending.signal.aborted) {
      return Promise.reject(
        new PreviewError(simple("request", "stopped", `the session ${this.id} was stopped`)),
      );
    }
    for (const path of paths) if (!this.pending.has(path)) this.pending.set(path, since);
    const record = new Promise<ReloadRecord>((done, failed) =>
      this.waiters.push({ resolve: done, reject: failed }),
    );
    // What is being compiled, or shown, is of a text that is past.
    this.controller.abort();
    for (const render of this.renders) render.abort();
    this.kick();
    return record;
  }

  private kick(): void {
    if (this.reloading !== undefined) return;
    this.reloading = this.reloadAll().finally(() => {
      this.reloading = undefined;
      if (this.pending.size > 0 && !this.ending.signal.aborted) this.kick();
    });
  }

  private async reloadAll(): Promise<void> {
    while (this.pending.size > 0 && !this.ending.signal.aborted) {
      const burst = this.pending;
      const { waiters } = this;
      this.pending = new Map();
      this.waiters = [];
      this.controller = new AbortController();
      let record: ReloadRecord | undefined;
      try {
        record = await this.reload(burst, this.controller.signal);
      } catch (error) {
        for (const { reject } of waiters) reject(error);
        continue;
      }
      if (record === undefined) {
        // Overtaken: all of it is part of the next one.
        for (const [path, since] of burst) if (!this.pending.has(path)) this.pending.set(path, since);
        this.waiters.unshift(...waiters);
        continue;
      }
      if (this.unshown && this.pending.size > 0) {
        // Nobody has seen it: the record of the next one covers it.
        this.waiters.unshift(...waiters);
        continue;
      }
      for (const waiter of waiters) waiter.resolve(record);
    }
  }

  /** Undefined: a newer burst has overtaken it, and nothing has changed. */
  private async reload(
    burst: ReadonlyMap<string, number>,
    signal: AbortSignal,
  ): Promise<ReloadRecord | undefined> {
    clearTimeout(this.verifyClock);
    this.verifyClock = undefined;
    const started = this.parts.now();
    const watch = Math.max(0, started - Math.min(...burst.values()));
    const files = [...burst.keys()];
    const { texts } = this;
    for (const path of files) if (texts.has(path)) texts.note(path, this.undone);
    const data = files.filter((path) => !texts.has(path) && this.views.hasRead(path));
    const whole = files.some((path) => this.parts.project.has(path));
    const idle = texts.isUpToDate && data.length === 0 && !whole && this.problem === undefined;
    if (this.unshown && idle) {
      const reason = "the render before was overtaken by a save that changes nothing";
      return this.shown({ files, tier: "unchanged", reason }, { ...NO_TIME, watch }, signal);
    }
    if (idle) {
      return this.record({
        files,
        tier: "unchanged",
        reason: "the texts are as they were",
        status: "unchanged",
        timings: { ...NO_TIME, watch },
      });
    }
    const edit: EditMessage = { texts: texts.edit(), data, ...(whole && { whole }) };
    texts.telling(edit.texts);
    const result = await this.line.apply(edit, signal);
    return this.applied(result, edit, files, watch, signal);
  }

  private async applied(
    result: ApplyResult,
    edit: EditMessage,
    files: readonly string[],
    watch: number,
    signal: AbortSignal,
  ): Promise<ReloadRecord | undefined> {
    switch (result.type) {
      case "cancelled":
        return undefined;
      case "structural":
        throw new RangeError("an executor may not leave an edit half done");
      case "failed": {
        this.setGraph(result.graph, false);
        this.problem = result.problem;
        this.revision += 1;
        return this.tell({
          files,
          tier: "unit",
          reason: "the new text cannot be loaded; the last good program goes on",
          status: "failed",
          error: result.problem,
          timings: { ...NO_TIME, ...result.timings, watch },
        });
      }
      case "applied":
        break;
      default:
        return result satisfies never;
    }
    const wasStale = this.problem !== undefined || this.undone;
    this.undoTexts = this.texts.took(edit.texts);
    this.problem = undefined;
    this.undone = false;
    this.loaded = true;
    if (result.graph !== undefined) this.setGraph(result.graph, true);
    this.setInfo(result.info);
    const { tier, reason, definitions, info } = result;
    const timings: Timings = { ...NO_TIME, ...result.timings, watch };
    const common = { files, tier, reason, definitions, dropped: info.stateDropped };
    if (tier === "unchanged" && !wasStale && !this.unshown && edit.data.length === 0) {
      // The mistake is the same, its place may be another one.
      if (this.viewProblem !== undefined) await this.renderCurrent();
      return this.record({ ...common, status: "unchanged", timings });
    }
    this.revision += 1;
    return this.shown(common, timings, signal);
  }

  /** Renders the current view after a reload, and tells of both. */
  private async shown(common: RecordParts, timings: Timings, signal: AbortSignal): Promise<ReloadRecord> {
    const started = this.parts.now();
    const request: RenderRequest = { preview: this.currentPreview(), traits: this.current.traits };
    const result = await this.line.render(request, AbortSignal.any([signal, this.ending.signal]));
    const render = this.parts.now() - started;
    const done = { ...common, timings: { ...timings, render } };
    // The program is up to date; its picture comes with the newer save that is waiting.
    this.unshown = result.type === "cancelled";
    if (result.type === "cancelled") return this.record({ ...done, status: "done" });
    const problem = result.type === "failed" ? result.problem : undefined;
    this.viewProblem = problem;
    const view = this.rendered(request, result);
    this.verifySoon(common);
    return this.tell(
      {
        ...done,
        status: problem === undefined ? "done" : "failed",
        ...(problem !== undefined && { error: problem }),
      },
      view,
    );
  }

  private record(parts: RecordParts): ReloadRecord {
    const { files, tier, reason, status = "done", timings = NO_TIME, error } = parts;
    const record: ReloadRecord = {
      revision: this.revision,
      tier,
      reason,
      files,
      definitions: parts.definitions ?? [],
      stateKept: this.stateKept,
      stateDropped: parts.dropped ?? [],
      generation: this.generation,
      timings,
      status,
      ...(error !== undefined && { error }),
    };
    this.log.push(record);
    if (this.log.length > MAX_RECORDS) this.log.shift();
    return record;
  }

  private tell(parts: RecordParts, view?: Rendered): ReloadRecord {
    const record = this.record(parts);
    this.emit("reload", record, view ?? this.staleView());
    return record;
  }

  /** The last good view, marked. */
  private staleView(): Rendered {
    const request: RenderRequest = { preview: this.currentPreview(), traits: this.current.traits };
    const problem = this.problem ?? simple("render", "nothing", "nothing has been rendered so far");
    return this.rendered(request, { type: "failed", problem, reads: [] });
  }

  async undo(): Promise<ReloadRecord> {
    await this.reloading;
    const { undoTexts } = this;
    if (undoTexts === undefined) {
      throw new PreviewError(simple("request", "nothing-to-undo", "there is no reload to go back over"));
    }
    const work = async (): Promise<ReloadRecord> => {
      const result = await this.line.apply({ texts: undoTexts, data: [] }, this.ending.signal);
      if (result.type !== "applied") {
        const problem =
          result.type === "failed" ? result.problem : simple("load", "cancelled", "the session was stopped");
        throw new PreviewError(problem);
      }
      this.undoTexts = undefined;
      this.undone = true;
      // What is on the disk comes back with the next save of any file.
      this.texts.wentBack(undoTexts);
      if (result.graph !== undefined) this.setGraph(result.graph, false);
      this.setInfo(result.info);
      this.revision += 1;
      this.notice({
        code: "undone",
        message: "the last reload was undone; the next save applies the files again",
      });
      const { tier, definitions, info } = result;
      return this.shown(
        {
          files: undoTexts.map(([path]) => path),
          tier,
          reason: "undone by hand",
          definitions,
          dropped: info.stateDropped,
        },
        { ...NO_TIME, ...result.timings },
        this.ending.signal,
      );
    };
    const working = work();
    this.reloading = working
      .then(
        () => {},
        () => {},
      )
      .finally(() => {
        this.reloading = undefined;
        if (this.pending.size > 0 && !this.ending.signal.aborted) this.kick();
      });
    return working;
  }

  async saveState(): Promise<SavedState> {
    return (await this.line.saveState()).state;
  }

  async restoreState(state: SavedState): Promise<StateReport & { readonly view: Rendered }> {
    if ((state as Partial<SavedState>).format !== "sorbus-preview-state-1" || !Array.isArray(state.values)) {
      throw new PreviewError(simple("request", "state", "this is no state that a session has saved"));
    }
    const report = await this.line.restoreState(state);
    return { ...report, view: await this.renderCurrent() };
  }

  // ---- verification --------------------------------------------------------------------------

  private verifySoon({ tier }: RecordParts): void {
    const { verifyAfter } = this.parts;
    if (verifyAfter === undefined || !["literal", "template", "unit"].includes(tier)) return;
    clearTimeout(this.verifyClock);
    this.verifyClock = setTimeout(() => this.verifyNow(), verifyAfter);
    this.verifyClock.unref();
  }

  private verifyNow(): void {
    this.verifyClock = undefined;
    this.verifying = this.verifying
      .then(() => this.verify())
      .catch((error: unknown) => {
        if (this.ending.signal.aborted) return;
        this.notice({
          code: "respawn-failed",
          message: `the reload could not be verified: ${String(error)}`,
        });
      });
  }

  private async verify(): Promise<void> {
    if (this.ending.signal.aborted || this.reloading !== undefined || this.problem !== undefined) return;
    const { revision } = this;
    const found = await this.line.verify(this.views.latest());
    if (found.type !== "mismatch" || this.ending.signal.aborted) return;
    const previews = found.requests.map(({ preview }) => JSON.stringify(preview)).join(", ");
    this.notice({
      code: "verify-mismatch",
      message: `after revision ${revision} a build from scratch gives other HTML for ${previews}; it counts`,
    });
    this.revision += 1;
    const reason = `the reload before gave other HTML than a build from scratch for ${previews}`;
    await this.shown({ files: [], tier: "reresolve", reason }, NO_TIME, this.ending.signal);
  }

  // ---- what it is made of --------------------------------------------------------------------

  private setInfo(info: ProgramInfo): void {
    this.generation = info.generations;
    this.stateKept = info.stateKept;
    this.info = info.previews.map((preview, index) => ({ ...preview, index, file: this.entry }));
  }

  private setGraph(graph: Graph, loaded: boolean): void {
    const added = this.texts.setGraph(graph, loaded);
    if (added.length > 0) this.parts.onFiles(added);
  }
}

interface RecordParts {
  readonly files: readonly string[];
  readonly tier: ReloadRecord["tier"];
  readonly reason: string;
  readonly definitions?: readonly string[];
  readonly dropped?: readonly DroppedState[];
  readonly status?: ReloadRecord["status"];
  readonly timings?: Timings;
  readonly error?: Problem;
}

export function simple(
  phase: Problem["phase"],
  code: string,
  message: string,
  remediation?: string,
): Problem {
  return { phase, code, message, detail: message, ...(remediation !== undefined && { remediation }) };
}
