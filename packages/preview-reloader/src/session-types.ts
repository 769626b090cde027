/** What the reloader offers to its host: sessions, and what they answer. */
import type { Notice, Problem, ReloadRecord } from "./record.ts";
import type { Traits } from "./traits.ts";

/** A `(preview "Name" …)` form of the session's file. */
export interface PreviewInfo {
  /** Its place among the previews of the file, from 0 on, in the order of the text. */
  readonly index: number;
  readonly name: string;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** The form as written, its first lines. */
  readonly snippet: string;
  /** What its `:traits` say. */
  readonly traits: Traits;
  /** Names of its `:actions` are known only when it runs; whether there are any is known here. */
  readonly interactive: boolean;
}

/** What the session says of itself in every answer: never silently stale. */
export interface Standing {
  readonly session: string;
  readonly revision: number;
  /** Of the texts of all files of the program, as they were read last: equal sources give equal hashes. */
  readonly sourceHash: string;
  /** The program that answers is not that of `sourceHash`: it failed to load, or was undone. */
  readonly stale: boolean;
  readonly generation: number;
  /** What keeps the program from being up to date. */
  readonly error?: Problem;
}

/** A render. `html` is the last good one of that preview and those traits when `error` is there, if there was one. */
export interface Rendered extends Standing {
  readonly preview: PreviewInfo | undefined;
  readonly traits: Required<Traits>;
  readonly html: string | undefined;
  /** Milliseconds. */
  readonly time: number;
  /** Paths of data that the render asked for. */
  readonly reads: readonly string[];
  readonly previews: readonly PreviewInfo[];
}

/** One variant among several: those that fail, fail alone. */
export interface Variant {
  /** As it was asked for. */
  readonly name: string;
  readonly rendered: Rendered | undefined;
  readonly error?: Problem;
}

/** The state of a program, for a file: values by name, in the reloader's own form. */
export interface SavedState {
  readonly format: "sorbus-preview-state-1";
  readonly values: readonly SavedValue[];
}

export interface SavedValue {
  readonly kind: "once" | "component";
  readonly name: string;
  readonly shape: string;
  /** Base64 of the frozen value. */
  readonly bytes: string;
}

/** What became of state that was given to a program. */
export interface StateReport {
  readonly kept: readonly string[];
  readonly dropped: readonly { readonly name: string; readonly why: string }[];
}

export interface SessionEvents {
  /** A burst has been dealt with; the current view has been rendered anew if there was reason to. */
  reload: [record: ReloadRecord, view: Rendered];
  notice: [notice: Notice];
}

/** A file that is being previewed. All methods reject with `PreviewError`. */
export interface Session extends AsyncDisposable {
  readonly id: string;
  readonly entry: string;
  standing(): Standing;
  /** Of the program as it runs now; empty while nothing has loaded. */
  previews(): readonly PreviewInfo[];
  /** The last reloads, oldest first; at most 100. */
  records(): readonly ReloadRecord[];
  /** The files that the program consists of. */
  files(): readonly string[];

  /**
   * Renders a preview: by index or name, default the current one; with traits over the preview's own, default the
   * session's. A render that fails gives the last good HTML, marked by `error`.
   * @throws PreviewError code "no-preview" "traits"
   */
  render(options?: { readonly traits?: Traits; readonly preview?: number | string }): Promise<Rendered>;
  /** Renders several trait sets: presets, JSON texts or objects. The session's own traits and state stay. */
  variants(
    sets: readonly (string | Traits)[],
    options?: { readonly preview?: number | string },
  ): Promise<readonly Variant[]>;
  /** Sets the session's traits; an empty set clears them. @throws PreviewError code "traits", and nothing changes */
  configure(traits: Traits): Promise<Rendered>;
  /** Makes another preview the current one. @throws PreviewError code "no-preview", and nothing changes */
  switch(preview: number | string): Promise<Rendered>;
  /** Calls one of the preview's `:actions` with data, and renders. */
  act(action: string, detail?: unknown, options?: { readonly preview?: number | string }): Promise<Rendered>;

  /** Goes back to the program before the last reload; the files stay. Once: then the files have to change. */
  undo(): Promise<ReloadRecord>;
  saveState(): Promise<SavedState>;
  restoreState(state: SavedState): Promise<StateReport & { readonly view: Rendered }>;
  /** Tells the session that files may have changed, as the watcher does. Resolves with the record that covers it. */
  changed(files: readonly string[]): Promise<ReloadRecord>;
  /** When the session's revision is at least that, or the time (ms) is over. @throws PreviewError code "timeout" */
  wait(revision: number, options?: { readonly timeout?: number }): Promise<Standing>;
  /** When no reload is under way any more. What it came to may still be verified, see `settled`. */
  caughtUp(): Promise<void>;
  /** When nothing is under way: reloads, respawns, verification. */
  settled(): Promise<void>;
  /** Adds to a record how long the page took to show it. */
  notePatch(revision: number, milliseconds: number): void;

  on<K extends keyof SessionEvents>(event: K, listener: (...args: SessionEvents[K]) => void): () => void;
  dispose(): Promise<void>;
}
