/** Which texts a session's program consists of: those that it has, and those that are on the disk and it does not have. */
import type { EditMessage, Graph } from "./agent/protocol.ts";
import type { Sources } from "./sources.ts";

type Texts = EditMessage["texts"];

export class ProgramTexts {
  private readonly sources: Sources;
  private readonly entry: string;
  private files: Set<string> = new Set();
  private missing: Set<string> = new Set();
  /** Texts that the program has. */
  private readonly accepted: Map<string, string> = new Map();
  /** Texts that it does not have yet, because they failed or were undone. */
  private readonly pending: Map<string, string | undefined> = new Map();
  /** Files of which the agent knows a text that the program does not have. */
  private readonly told: Set<string> = new Set();
  private sum = 0n;
  private readonly digests: Map<string, bigint> = new Map();

  constructor(sources: Sources, entry: string) {
    this.sources = sources;
    this.entry = entry;
  }

  /** Of all files as they were read last. */
  get hash(): string {
    return (this.sum & 0xffff_ffff_ffff_ffffn).toString(16).padStart(16, "0");
  }

  paths(): string[] {
    return [...this.files];
  }

  /** Whether the file is part of the program, or wanted by it. */
  has(path: string): boolean {
    return this.files.has(path) || this.missing.has(path) || this.pending.has(path);
  }

  /** What the program has to be told to be up to date. */
  edit(): Texts {
    return [...this.pending].map(([path, text]) => [path, text ?? null] as const);
  }

  get isUpToDate(): boolean {
    return this.pending.size === 0;
  }

  /** Notes that a file has been read anew. @param always it is to be told even if the program has that text */
  note(path: string, always: boolean): void {
    const text = this.sources.known(path);
    this.rehash(path);
    // What the agent has been told of has to be told again, even if it is as it was before.
    const same = text === this.accepted.get(path) && !always && !this.told.has(path);
    if (same) this.pending.delete(path);
    else this.pending.set(path, text);
  }

  /** Before an edit is tried. */
  telling(texts: Texts): void {
    for (const [path] of texts) this.told.add(path);
  }

  /** The program has taken an edit over. @returns the texts that go back before it */
  took(texts: Texts): Texts {
    const before = this.replace(texts);
    this.pending.clear();
    this.told.clear();
    return before;
  }

  /** The program has gone back to older texts: what it had before comes again with the next save. */
  wentBack(texts: Texts): void {
    for (const [path, text] of this.replace(texts)) this.pending.set(path, text ?? undefined);
  }

  private replace(texts: Texts): Texts {
    const before = texts.map(([path]) => [path, this.accepted.get(path) ?? null] as const);
    for (const [path, text] of texts) {
      if (text === null) this.accepted.delete(path);
      else this.accepted.set(path, text);
    }
    return before;
  }

  /**
   * The program consists of other files. Linear in them.
   * @param loaded it has their texts; else what was there stays too, because a failed load may not have come to all of it
   * @returns files that were not known before
   */
  setGraph(graph: Graph, loaded: boolean): string[] {
    const files = new Set(loaded ? graph.files : [...this.files, ...graph.files]);
    files.add(this.entry);
    const added = [...files, ...graph.missing].filter(
      (path) => !this.files.has(path) && !this.missing.has(path),
    );
    this.files = files;
    this.missing = new Set(graph.missing);
    this.sum = 0n;
    this.digests.clear();
    for (const path of files) this.rehash(path);
    if (loaded) this.accept(new Set(graph.files));
    return added;
  }

  private accept(files: ReadonlySet<string>): void {
    for (const path of files) {
      const text = this.sources.known(path);
      if (text !== undefined && !this.accepted.has(path)) this.accepted.set(path, text);
    }
    for (const path of this.accepted.keys()) if (!files.has(path)) this.accepted.delete(path);
  }

  /** Brings the hash of all sources up to date with one of them. O(1) in the number of files. */
  private rehash(path: string): void {
    if (!this.files.has(path)) return;
    const digest = this.sources.digest(path);
    this.sum += digest - (this.digests.get(path) ?? 0n);
    this.digests.set(path, digest);
  }
}
