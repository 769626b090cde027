/** The daemon's sessions: which there are, and which one a command means. */
import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import type { PreviewBrowser } from "../browser/browser.ts";
import { findConfig } from "../config.ts";
import { Problem } from "../problem.ts";
import type { Call } from "./calls.ts";
import { Engine } from "./engine.ts";
import { Live, type LiveOptions } from "./live.ts";

/** So many programs at once are enough for anybody, and each is a process. */
const MAX_SESSIONS = 64;

export interface Target {
  readonly session?: string | undefined;
  readonly file?: string | undefined;
}

export interface WorldOptions {
  readonly browser: PreviewBrowser;
  readonly origin: () => string;
  readonly log: LiveOptions["log"];
}

export class World {
  readonly browser: PreviewBrowser;
  readonly #options: WorldOptions;
  readonly #engine = new Engine();
  readonly #sessions = new Map<string, Live>();
  /** Sessions that end with the call that made them. */
  readonly #passing = new Map<string, Live>();
  readonly #starting = new Map<string, Promise<Live>>();

  constructor(options: WorldOptions) {
    this.#options = options;
    this.browser = options.browser;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Those that people know of, oldest first. */
  all(): readonly Live[] {
    return [...this.#sessions.values()];
  }

  /** Those that pages may ask for. */
  byId(id: string): Live | undefined {
    return this.#sessions.get(id) ?? this.#passing.get(id);
  }

  ofFile(file: string): Live | undefined {
    return this.all().find((live) => live.file === file);
  }

  /**
   * The session that is meant: the one named, that of the file, or the only one.
   * @throws Problem with the sessions that there are
   */
  target({ session, file }: Target, call: Call): Live {
    if (session !== undefined) {
      const found = this.#sessions.get(session);
      if (found !== undefined) return found;
      throw this.#noTarget("no-such-session", `there is no session ${session}`);
    }
    if (file !== undefined) {
      const path = resolve(call.cwd, file);
      const found = this.all().filter((live) => live.file === path);
      if (found.length === 1 && found[0] !== undefined) return found[0];
      if (found.length > 1) throw this.#noTarget("which-session", `${found.length} sessions show ${path}`);
      throw this.#noTarget("no-session", `there is no session of ${path}`);
    }
    const [only, ...others] = this.all();
    if (only === undefined) throw this.#noTarget("no-session", "there is no session");
    if (others.length > 0) throw this.#noTarget("which-session", `there are ${this.size} sessions`);
    return only;
  }

  /**
   * The session of a file, started if there is none. Started twice at once, it is one all the same.
   * @param another start one though there is one
   */
  async start(file: string, call: Call, another: boolean): Promise<{ live: Live; reused: boolean }> {
    const path = existing(file, call);
    if (!another) {
      const known = this.ofFile(path) ?? (await this.#starting.get(path));
      if (known !== undefined) return { live: known, reused: true };
    }
    if (this.size >= MAX_SESSIONS) {
      throw new Problem({
        phase: "target",
        code: "too-many-sessions",
        message: `there are ${this.size} sessions already`,
        remediation: "End some of them: `sx preview stop --session ID`, or `--all`.",
      });
    }
    const starting = this.#open(path, call, false).then((live) => {
      this.#sessions.set(live.id, live);
      return live;
    });
    if (!another) this.#starting.set(path, starting);
    try {
      return { live: await starting, reused: false };
    } finally {
      if (this.#starting.get(path) === starting) this.#starting.delete(path);
    }
  }

  /** Uses the session of a file, or one that is there only as long. */
  async passing<T>(
    file: string,
    call: Call,
    use: (live: Live, ephemeral: boolean) => Promise<T>,
  ): Promise<T> {
    const path = existing(file, call);
    const known = this.ofFile(path) ?? (await this.#starting.get(path));
    if (known !== undefined) return use(known, false);
    const live = await this.#open(path, call, true);
    this.#passing.set(live.id, live);
    try {
      return await use(live, true);
    } finally {
      this.#passing.delete(live.id);
      await live.end();
    }
  }

  async stop(live: Live): Promise<void> {
    this.#sessions.delete(live.id);
    await live.end();
  }

  async end(): Promise<void> {
    await Promise.all([...this.#starting.values()].map((starting) => starting.catch(() => undefined)));
    await Promise.all([...this.all(), ...this.#passing.values()].map((live) => this.stop(live)));
  }

  async #open(file: string, call: Call, passing: boolean): Promise<Live> {
    call.phase(`loading ${basename(file)}`);
    const config = findConfig(file);
    const chosen = config.traits;
    // Nobody can guess the end, which keeps others on this machine from the pages.
    const name = basename(file, extname(file)).replace(/[^A-Za-z0-9]+/g, "-");
    const id = `${name.slice(0, 24)}-${randomBytes(6).toString("hex")}`;
    const session = await this.#engine.open({ id, file, config, traits: chosen, passing });
    try {
      const live = new Live({
        ...this.#options,
        id,
        file,
        session,
        config,
        chosen,
        first: await session.render(),
      });
      await live.sync();
      return live;
    } catch (error) {
      await session.dispose();
      throw error;
    }
  }

  #noTarget(code: string, message: string): Problem {
    const list = this.all().map((live) => `${live.id}  ${live.file}`);
    return new Problem({
      phase: "target",
      code,
      message,
      detail: list.length === 0 ? "there are no sessions" : `sessions:\n${list.join("\n")}`,
      remediation:
        list.length === 0
          ? "Start one: `sx preview run FILE --detach`, or the tool preview_start."
          : "Name one of these by --session, or its file by --file (parameters `session` and `file` of the tools).",
    });
  }
}

/** @throws Problem unless it is a file */
function existing(file: string, call: Call): string {
  const path = resolve(call.cwd, file);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() === true) return path;
  throw new Problem({
    phase: "files",
    code: found === undefined ? "no-file" : "not-a-file",
    message: found === undefined ? `there is no file ${path}` : `${path} is not a file`,
    remediation: "Name an .sx file; relative paths are taken from the caller's folder.",
  });
}
