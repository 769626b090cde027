/** A program that is served, and replaced by newer ones while it serves. */
import { type App, type AppOptions, type AppServer, serveApp } from "./app.ts";
import type { AssetsOptions } from "./assets.ts";
import type { ListenOptions } from "./serve.ts";

export interface ServeProgramOptions extends ListenOptions, AppOptions {
  /** Loads the program as it is now, into a runtime of its own. Rejects when something is wrong with it. */
  readonly load: () => Promise<App>;
  /** Files that are served before the handler is asked. */
  readonly assets?: AssetsOptions;
}

/** Whether a newer program is serving now; if not, the older one goes on. */
export type Reload = { readonly ok: true } | { readonly ok: false; readonly error: unknown };

export interface ProgramServer extends AppServer {
  /**
   * Loads the program again. Once it has been loaded it answers the requests that come; those under way are finished by
   * the one that began them. If it cannot be loaded, nothing changes. Of several calls at once, the last counts.
   */
  reload(): Promise<Reload>;
}

/** @throws whatever `load` does, and ListenError */
export async function serveProgram({ load, ...options }: ServeProgramOptions): Promise<ProgramServer> {
  const server = await serveApp({ ...options, ...(await load()) });
  let latest = 0;
  const reload = async (): Promise<Reload> => {
    const turn = ++latest;
    try {
      const app = await load();
      // A later one has overtaken it, or will.
      if (turn === latest) server.replace(app);
      return { ok: true };
    } catch (error) {
      return { ok: false, error };
    }
  };
  return Object.defineProperties({ reload }, Object.getOwnPropertyDescriptors(server)) as ProgramServer;
}
