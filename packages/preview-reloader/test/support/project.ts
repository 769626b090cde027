/** A folder of SX files for a test, and sessions on it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  createReloader,
  inProcess,
  type Notice,
  noWatcher,
  type OpenOptions,
  type Reloader,
  type ReloaderOptions,
  type ReloadRecord,
  type Session,
} from "../../src/index.ts";

export class Project implements AsyncDisposable {
  readonly root: string = mkdtempSync(join(tmpdir(), "reloader-"));
  readonly notices: Notice[] = [];
  private readonly reloaders: Reloader[] = [];

  constructor(files: Readonly<Record<string, string>> = {}) {
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  path(name: string): string {
    return join(this.root, name);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  remove(name: string): void {
    rmSync(this.path(name), { force: true });
  }

  async reloader(options: Partial<ReloaderOptions> = {}): Promise<Reloader> {
    const reloader = await createReloader({
      root: this.root,
      executor: inProcess(),
      watcher: noWatcher(),
      verifyAfter: false,
      ...options,
    });
    this.reloaders.push(reloader);
    return reloader;
  }

  async session(
    options: Partial<ReloaderOptions> = {},
    entry: string = "main.sx",
    open: OpenOptions = {},
  ): Promise<Session> {
    const session = await (await this.reloader(options)).open(entry, open);
    session.on("notice", (notice) => this.notices.push(notice));
    return session;
  }

  /** Saves files, tells the session, and gives what became of it. */
  save(session: Session, files: Readonly<Record<string, string | null>>): Promise<ReloadRecord> {
    for (const [name, text] of Object.entries(files)) {
      if (text === null) this.remove(name);
      else this.write(name, text);
    }
    return session.changed(Object.keys(files).map((name) => this.path(name)));
  }

  /** What a program that has never seen another text gives: HTML, or the mistake. */
  async cold(
    entry: string = "main.sx",
    preview: number | string = 0,
  ): Promise<{ html?: string; error?: string }> {
    const reloader = await createReloader({
      root: this.root,
      executor: inProcess(),
      watcher: noWatcher(),
      verifyAfter: false,
    });
    try {
      const session = await reloader.open(entry);
      const { error } = session.standing();
      if (error !== undefined) return { error: error.message };
      const rendered = await session.render({ preview });
      if (rendered.error !== undefined) return { error: rendered.error.message };
      return { html: rendered.html ?? "" };
    } finally {
      await reloader.dispose();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const reloader of this.reloaders) await reloader.dispose();
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** What a session shows now. */
export async function shown(session: Session, preview: number | string = 0): Promise<string | undefined> {
  return (await session.render({ preview })).html;
}
