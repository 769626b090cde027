/**
 * One daemon, used for hours in minutes: each step asks what the daemon's answers say, holds the process and the
 * sessions to be the same ones, and compares what is shown with a build from scratch of the files as they are.
 */
import { readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { inProcess } from "@sorbus/preview-reloader";
import { expect } from "vitest";
import type { Connection } from "../../src/client/connection.ts";
import { findConfig } from "../../src/config.ts";
import { createReloader, noWatcher, type SavedState } from "../../src/reloader.ts";
import type { CommandName, Params, Result } from "../../src/vocabulary/commands.ts";
import { Place } from "../support.ts";

export type Record_ = Result<"explain">["records"][number];

export class LongDay implements AsyncDisposable {
  readonly place: Place = new Place();
  /** The process that all answers must come from. */
  pid = 0;
  connection: Connection | undefined;
  /** Sessions by file; they must stay the same. */
  readonly sessions: Map<string, string> = new Map();

  async begin(): Promise<void> {
    this.connection = await this.place.connect();
    this.pid = this.connection.pid;
  }

  /** A command, of the one daemon. */
  async ask<N extends CommandName>(name: N, params: Params<N>): Promise<Result<N>> {
    if (this.connection === undefined) throw new Error("the day has not begun");
    expect(this.connection.pid).toBe(this.pid);
    const { result } = await this.connection.call(name, params, { cwd: this.place.folder });
    const { session, file } = result as { session?: string; file?: string };
    if (session !== undefined && file !== undefined) {
      const name_ = file.slice(this.place.folder.length + 1);
      const known = this.sessions.get(name_);
      // A second session of a file is one that is named.
      const { session: named, another } = params as { session?: string; another?: boolean };
      if (known !== undefined && named === undefined && another !== true) expect(session).toBe(known);
    }
    return result as Result<N>;
  }

  async start(file: string): Promise<Result<"run">> {
    const started = await this.ask("run", { file });
    this.sessions.set(file, started.session);
    return started;
  }

  async stop(file: string): Promise<void> {
    const { stopped } = await this.ask("stop", { file });
    expect(stopped).toEqual([this.sessions.get(file)]);
    this.sessions.delete(file);
  }

  /** What went on with a save: waits until it is shown, and gives its reload. */
  async after(file: string, save: () => void): Promise<Record_> {
    const before = await this.ask("explain", { file, limit: 100 });
    save();
    const { record } = await this.ask("wait", { file });
    if (record === null) throw new Error("nothing was reloaded");
    const { records } = await this.ask("explain", { file, limit: 100 });
    // The watcher may have seen it before the question did; then the question found nothing new.
    const fresh = records.slice(0, records.length - before.records.length);
    return (
      fresh.find(({ status, tier }) => status !== "unchanged" || tier !== "unchanged") ?? fresh[0] ?? record
    );
  }

  edit(file: string, text: string): Promise<Record_> {
    return this.after(file, () => void this.place.write(file, text));
  }

  /** What is shown now, which must be what a build from scratch gives. */
  async shown(file: string): Promise<Result<"snapshot">> {
    const snapshot = await this.ask("snapshot", { file, output: "shown.png" });
    expect(snapshot.error).toBeNull();
    expect(snapshot.stale).toBe(false);
    expect(snapshot.picture.bytes).toBeGreaterThan(500);
    expect(await this.cold(file, snapshot.preview)).toBe(snapshot.html);
    return snapshot;
  }

  /** The HTML of a build from scratch, with the session's state. */
  async cold(file: string, preview: number): Promise<string | undefined> {
    await this.ask("state", { action: "save", file, path: "state.json" });
    const state = JSON.parse(this.place.read("state.json")) as SavedState;
    const { traits } =
      (await this.ask("sessions", {})).sessions.find((one) => one.file === this.place.path(file)) ?? {};
    const config = findConfig(this.place.path(file));
    await using reloader = await createReloader({
      root: this.place.folder,
      executor: inProcess(),
      watcher: noWatcher(),
      verifyAfter: false,
      ...(config.setup !== undefined && { hooks: config.setup }),
    });
    const session = await reloader.open(this.place.path(file), {
      traits: { ...config.traits, ...traits } as never,
    });
    await session.restoreState(state);
    const rendered = await session.render({ preview });
    expect(rendered.error).toBeUndefined();
    return rendered.html;
  }

  /** What the page of the session holds, as somebody with a screen reader finds it. */
  async elements(
    file: string,
  ): Promise<{ role: string; name: string; value: string | null; ref: string | null }[]> {
    const { elements } = await this.ask("elements", { file });
    const flat = (nodes: typeof elements): typeof elements =>
      nodes.flatMap((node) => [node, ...flat(node.children)]);
    return flat(elements);
  }

  async ref(file: string, role: string): Promise<string> {
    const found = (await this.elements(file)).find((one) => one.role === role)?.ref;
    if (found === undefined || found === null) throw new Error(`there is no ${role} on the page`);
    return found;
  }

  // ---- saves as editors do them ---------------------------------------------------------------

  write(file: string, text: string): void {
    this.place.write(file, text);
  }

  renameOver(file: string, text: string): void {
    const path = this.place.path(file);
    writeFileSync(`${path}.tmp~`, text);
    renameSync(`${path}.tmp~`, path);
  }

  recreate(file: string, text: string): void {
    rmSync(this.place.path(file));
    this.place.write(file, text);
  }

  touch(file: string): void {
    const now = new Date();
    utimesSync(this.place.path(file), now, now);
  }

  text(file: string): string {
    return readFileSync(this.place.path(file), "utf8");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection?.close();
    await this.place[Symbol.asyncDispose]();
  }
}
