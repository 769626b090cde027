/** A live session: a program that the reloader keeps, and everybody who looks at it. */
import { type FSWatcher, type Stats, statSync, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { LivePage, PreviewBrowser } from "../browser/browser.ts";
import type { ProjectConfig } from "../config.ts";
import { documentOf } from "../page/document.ts";
import type { PageSession } from "../page/server.ts";
import type { EventStream } from "../page/stream.ts";
import type { FrameView, ShellView, VariantView } from "../page/view.ts";
import { Problem } from "../problem.ts";
import {
  parseTraits,
  type ReloadRecord,
  type Rendered,
  type SavedState,
  type Session,
  type Traits,
} from "../reloader.ts";
import { problemData, problemFrom, problemOrNull } from "./problems.ts";

/** How many earlier views are kept for comparisons. */
const MAX_PAST = 20;
/** Programs of more files are not looked at before each answer; the watcher tells of their changes soon enough. */
const MAX_CHECKED = 2_000;

/** Saves of style sheets and pictures that come closer together than this, in milliseconds, are one. */
const ASSET_QUIET = 20;

/** What a session showed at a revision. */
export interface Past {
  readonly revision: number;
  readonly rendered: Rendered;
}

export interface LiveOptions {
  readonly id: string;
  readonly file: string;
  readonly session: Session;
  readonly first: Rendered;
  /** The traits that it starts with. */
  readonly chosen: Traits;
  readonly config: ProjectConfig;
  readonly browser: PreviewBrowser;
  /** Address of the live pages. */
  readonly origin: () => string;
  readonly log: (level: "info" | "warning" | "error", text: string) => void;
}

export type LiveEvent =
  | { readonly kind: "reload"; readonly record: ReloadRecord }
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "end" };

export class Live implements PageSession {
  readonly id: string;
  readonly file: string;
  readonly session: Session;
  readonly config: ProjectConfig;
  readonly folders: ReadonlyMap<string, string>;
  /** The traits that somebody has set. */
  chosen: Traits;
  /** What `state save` without a file has kept. */
  kept: SavedState | undefined;
  readonly past: Past[] = [];
  readonly #options: LiveOptions;
  readonly #streams = new Set<EventStream>();
  readonly #followers = new Set<(event: LiveEvent) => void>();
  readonly #pictures = new Map<string, string>();
  readonly #stamps = new Map<string, string>();
  readonly #watched: FSWatcher[] = [];
  #shown: Rendered;
  #record: ReloadRecord | undefined;
  #notices: string[] = [];
  #page: Promise<LivePage> | undefined;
  #pictureCount = 0;
  #ended = false;
  #assetClock: NodeJS.Timeout | undefined;
  #assetsChanged = false;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.id = options.id;
    this.file = options.file;
    this.session = options.session;
    this.config = options.config;
    this.chosen = options.chosen;
    this.#shown = options.first;
    this.folders = new Map([...options.config.assets, [`/s/${options.id}/`, dirname(options.file)]]);
    this.#remember(options.first);
    for (const [, folder] of options.config.assets) this.#watch(folder);
    this.session.on("reload", (record, view) => this.#reloaded(record, view));
    this.session.on("notice", ({ code, message }) => {
      options.log(code === "log" ? "info" : "warning", `${this.id}: ${message}`);
      this.#note(message);
    });
  }

  get url(): string {
    return `${this.#options.origin()}/s/${this.id}`;
  }

  /** The view as it was made last. */
  get shown(): Rendered {
    return this.#shown;
  }

  /** What every answer about this session says. */
  standing(from: Rendered | undefined = undefined): {
    session: string;
    file: string;
    revision: number;
    generation: number;
    sourceHash: string;
    stale: boolean;
    error: ReturnType<typeof problemOrNull>;
  } {
    const now = this.session.standing();
    const error = from?.error ?? now.error;
    return {
      session: this.id,
      file: this.file,
      revision: now.revision,
      generation: now.generation,
      sourceHash: now.sourceHash,
      stale: now.stale || (from?.stale ?? false),
      error: problemOrNull(error),
    };
  }

  /** The traits of a request: presets by name, or traits as they are or as JSON. @throws PreviewError */
  traits(request: string | object): Traits {
    return typeof request === "string" ? parseTraits(request) : (request as Traits);
  }

  /**
   * Makes sure that what has been saved has been looked at, though the watcher may not have told of it yet.
   * @param all however many files there are
   */
  async sync(all = false): Promise<void> {
    const files = this.session.files();
    if (files.length > MAX_CHECKED && !all) return;
    const first = this.#stamps.size === 0;
    const changed: string[] = [];
    await Promise.all(
      files.map(async (file) => {
        const stamp = stampOf(await stat(file).catch(() => undefined));
        if (this.#stamps.get(file) !== stamp) changed.push(file);
        this.#stamps.set(file, stamp);
      }),
    );
    if (changed.length > 0 && !first) await this.session.changed(changed);
    await this.session.caughtUp();
  }

  /** A render of the session's own view, or of another preview or variant; nothing of the session changes. */
  async render(
    options: { preview?: number | string | undefined; variant?: string | object | undefined } = {},
  ): Promise<Rendered> {
    const { preview, variant } = options;
    return this.session.render({
      ...(preview !== undefined && { preview }),
      ...(variant !== undefined && { traits: { ...this.chosen, ...this.traits(variant) } }),
    });
  }

  document(rendered: Rendered, live: boolean): string {
    return documentOf({
      html: rendered.html ?? "",
      title: rendered.preview?.name ?? this.file,
      traits: rendered.traits,
      stylesheets: this.config.stylesheets,
      live,
    });
  }

  /** Gives a document an address for as long as a picture of it is taken. */
  async withAddress<T>(document: string, use: (url: string) => Promise<T>): Promise<T> {
    const key = `p${++this.#pictureCount}`;
    this.#pictures.set(key, document);
    try {
      return await use(`${this.url}/frame?picture=${key}`);
    } finally {
      this.#pictures.delete(key);
    }
  }

  // ---- the page that is touched ---------------------------------------------------------------

  /** A page in the daemon's browser that shows the session, and keeps what is done to it. */
  page(): Promise<LivePage> {
    this.#page ??= this.#options.browser
      .open(`${this.url}/frame?emulated`, this.#shown.traits)
      .catch((error: unknown) => {
        this.#page = undefined;
        throw error;
      });
    return this.#page;
  }

  // ---- what changes it ------------------------------------------------------------------------

  async configure(traits: Traits): Promise<Rendered> {
    const view = await this.session.configure(traits);
    this.chosen = traits;
    await this.#show(view);
    return view;
  }

  async switch(preview: number | string): Promise<Rendered> {
    const view = await this.session.switch(preview);
    await this.#show(view);
    return view;
  }

  async act(
    action: string,
    detail: unknown,
    variant: string | undefined,
  ): Promise<{ view: FrameView; error: { message: string } | null }> {
    let error: { message: string } | null = null;
    try {
      const view = await this.session.act(action, detail);
      error = problemOrNull(view.error);
      await this.#show(view, false);
    } catch (thrown) {
      error = problemFrom(thrown);
    }
    return { view: await this.frame(variant), error };
  }

  /** Shows what the session renders now, after something other than a reload has changed it. */
  async refresh(view: Rendered): Promise<void> {
    await this.#show(view);
  }

  // ---- for its pages --------------------------------------------------------------------------

  view(): ShellView {
    const rendered = this.#shown;
    const { stale, error, revision } = this.standing(rendered);
    return {
      ...this.#frameView(rendered),
      revision,
      session: this.id,
      file: this.file,
      stale,
      error,
      previews: rendered.previews,
      preview: rendered.preview?.index ?? null,
      chosen: this.chosen,
      record: this.#record ?? null,
      notices: this.#notices.splice(0),
    };
  }

  async frame(variant: string | undefined): Promise<FrameView> {
    return this.#frameView(variant === undefined ? this.#shown : await this.render({ variant }));
  }

  picture(key: string): string | undefined {
    return this.#pictures.get(key);
  }

  async variants(sets: readonly string[]): Promise<readonly (VariantView & { frame: FrameView | null })[]> {
    const all = await this.session.variants(sets.map((set) => this.#over(set)));
    return all.map(({ rendered, error }, i) => ({
      name: sets[i] ?? "",
      traits: rendered?.traits ?? null,
      frame: rendered === undefined ? null : this.#frameView(rendered),
      error: problemOrNull(error ?? rendered?.error),
    }));
  }

  noteShown(revision: number, milliseconds: number): void {
    this.session.notePatch(revision, milliseconds);
  }

  follow(stream: EventStream): () => void {
    this.#streams.add(stream);
    stream.view(JSON.stringify(this.view()));
    return () => this.#streams.delete(stream);
  }

  /** Tells `listener` of each reload and of the end. @returns a function that ends it */
  listen(listener: (event: LiveEvent) => void): () => void {
    this.#followers.add(listener);
    return () => this.#followers.delete(listener);
  }

  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    for (const listener of this.#followers) listener({ kind: "end" });
    for (const stream of this.#streams) stream.end();
    for (const watcher of this.#watched) watcher.close();
    clearTimeout(this.#assetClock);
    const page = await this.#page?.catch(() => undefined);
    await page?.close().catch(() => {});
    await this.session.dispose();
  }

  // ---- inside ---------------------------------------------------------------------------------

  /** A variant over what the session has been set to; one that is no trait set fails later, alone. */
  #over(set: string | object): string | Traits {
    try {
      return { ...this.chosen, ...this.traits(set) };
    } catch {
      return typeof set === "string" ? set : (set as Traits);
    }
  }

  #frameView(rendered: Rendered): FrameView {
    return {
      document: this.document(rendered, true),
      revision: rendered.revision,
      traits: rendered.traits,
      assetsChanged: this.#assetsChanged,
    };
  }

  #reloaded(record: ReloadRecord, view: Rendered): void {
    // Seen: the next answer need not look at these again.
    for (const file of record.files.slice(0, MAX_CHECKED)) {
      this.#stamps.set(file, stampOf(statSync(file, { throwIfNoEntry: false })));
    }
    this.#record = record;
    for (const { name, why } of record.stateDropped) this.#notices.push(`${name} starts anew: ${why}`);
    for (const listener of this.#followers) listener({ kind: "reload", record });
    this.#show(view).catch((error: unknown) => {
      this.#options.log("error", `${this.id}: the page could not be updated: ${String(error)}`);
    });
  }

  async #show(view: Rendered, ownPage = true): Promise<void> {
    this.#shown = view;
    this.#remember(view);
    const data = JSON.stringify(this.view());
    for (const stream of this.#streams) stream.view(data);
    if (!ownPage || this.#page === undefined) return;
    const page = await this.#page;
    await page.setTraits(view.traits);
    const milliseconds = await page.show(this.#frameView(view));
    this.session.notePatch(view.revision, milliseconds);
  }

  #remember(view: Rendered): void {
    if (view.html === undefined || view.error !== undefined) return;
    const last = this.past.at(-1);
    if (last?.rendered.html === view.html && last.rendered.preview?.index === view.preview?.index) return;
    this.past.push({ revision: view.revision, rendered: view });
    if (this.past.length > MAX_PAST) this.past.shift();
  }

  /** Pages load style sheets and pictures anew when they are saved. The program has nothing to do with that. */
  #watch(folder: string): void {
    const failed = (error: unknown): void =>
      this.#options.log("warning", `${this.id}: ${folder} cannot be watched: ${String(error)}`);
    try {
      const watcher = watch(folder, { recursive: true, persistent: false }, () => {
        clearTimeout(this.#assetClock);
        this.#assetClock = setTimeout(() => {
          this.#assetsChanged = true;
          this.#show(this.#shown)
            .catch(failed)
            .finally(() => {
              this.#assetsChanged = false;
            });
        }, ASSET_QUIET);
      });
      watcher.on("error", failed);
      this.#watched.push(watcher);
    } catch (error) {
      failed(error);
    }
  }

  #note(text: string): void {
    for (const listener of this.#followers) listener({ kind: "note", text });
    for (const stream of this.#streams) stream.send("note", text);
  }
}

/** Another one: the file has been saved. */
function stampOf(found: Stats | undefined): string {
  return found === undefined ? "none" : `${found.mtimeMs} ${found.size} ${found.ino}`;
}

/** @throws Problem when there is nothing good to show, not even of earlier */
export function htmlOf(rendered: Rendered): string {
  if (rendered.html !== undefined) return rendered.html;
  throw new Problem(
    rendered.error !== undefined
      ? problemData(rendered.error)
      : {
          phase: "render",
          code: "nothing-to-show",
          message: "the program shows nothing",
          remediation: "Give the file a (preview …) form.",
        },
  );
}
