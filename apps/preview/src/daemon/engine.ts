/** Opens sessions of the reloader for files, as their projects want it. The only place that makes reloaders. */
import type { ProjectConfig } from "../config.ts";
import {
  createReloader,
  noWatcher,
  persistentWorker,
  type Reloader,
  type Session,
  type Traits,
} from "../reloader.ts";

export interface EngineOptions {
  readonly id: string;
  readonly file: string;
  readonly config: ProjectConfig;
  readonly traits: Traits;
  /** A session for one answer: nothing is watched, and nothing verified. */
  readonly passing: boolean;
}

interface Kept {
  readonly reloader: Promise<Reloader>;
  sessions: number;
}

/** Reloaders by project: sessions of one project share its watcher and the texts that have been read. */
export class Engine {
  readonly #kept = new Map<string, Kept>();

  /** The session ends its reloader, if it was the last one of it. */
  async open(options: EngineOptions): Promise<Session> {
    const { id, file, config, traits, passing } = options;
    const { root } = config;
    const key = JSON.stringify([passing ? id : "", root, config]);
    let kept = this.#kept.get(key);
    if (kept === undefined)
      this.#kept.set(key, (kept = { reloader: make(root, config, passing), sessions: 0 }));
    kept.sessions += 1;
    const leave = async (): Promise<void> => {
      kept.sessions -= 1;
      if (kept.sessions > 0) return;
      this.#kept.delete(key);
      await (await kept.reloader).dispose();
    };
    try {
      const session = await (await kept.reloader).open(file, { id, traits });
      return withEnd(session, leave);
    } catch (error) {
      await leave().catch(() => {});
      throw error;
    }
  }
}

function make(root: string, config: ProjectConfig, passing: boolean): Promise<Reloader> {
  return createReloader({
    root,
    ...(config.cap !== undefined && { executor: persistentWorker({ cap: config.cap }) }),
    ...(config.setup !== undefined && { hooks: config.setup }),
    ...(config.path !== undefined && { project: [config.path] }),
    ...(config.timeLimit !== undefined && { limits: { time: config.timeLimit } }),
    ...(passing && { watcher: noWatcher(), verifyAfter: false }),
  });
}

/** The session, whose end is also that of what only it used. */
function withEnd(session: Session, leave: () => Promise<void>): Session {
  const dispose = session.dispose.bind(session);
  let ended: Promise<void> | undefined;
  session.dispose = () => (ended ??= dispose().then(leave));
  return session;
}
