/** The daemon, composed: sessions, browser, pages, socket, and when it ends. */
import { rmSync } from "node:fs";
import { PlaywrightBrowser } from "../browser/playwright.ts";
import { type PageServer, servePages } from "../page/server.ts";
import { type Places, places, version } from "../places.ts";
import type { Result } from "../vocabulary/commands.ts";
import type { Call } from "./calls.ts";
import { claim } from "./claim.ts";
import { answerer } from "./handlers/index.ts";
import { type DaemonLog, logInto } from "./log.ts";
import { problemFrom } from "./problems.ts";
import { type CallServer, callServer } from "./socket.ts";
import { World } from "./world.ts";

/** Minutes without any caller or page after which a daemon ends; changed by this variable. */
const IDLE_VARIABLE = "SORBUS_PREVIEW_IDLE";
const IDLE_MINUTES = 60;

export interface Daemon {
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  end(why: string): Promise<void>;
}

/** @returns undefined when another daemon has the folder */
export async function startDaemon(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Daemon | undefined> {
  const where = places(env);
  const log = logInto(where.log);
  const own = version(env);
  const started = Date.now();
  const browser = new PlaywrightBrowser();
  let pages: PageServer | undefined;
  let ending: Promise<void> | undefined;
  const world = new World({
    browser,
    origin: () => pages?.url ?? "",
    log: (level, text) => log.write(level, text),
  });

  const status = async (): Promise<Result<"status">> => ({
    version: own,
    pid: process.pid,
    node: process.version,
    uptime: Math.round((Date.now() - started) / 100) / 10,
    memory: Math.round(process.memoryUsage.rss() / 2 ** 20),
    sessions: world.size,
    clients: calls.clients,
    page: pages?.url ?? "",
    browser: browser.state,
    socket: where.socket,
    log: where.log,
  });
  const answer = answerer(world, status);

  /** Calls that are no commands: how the command line follows a session, and how the daemon is ended. */
  const handle = async (name: string, params: unknown, call: Call): Promise<unknown> => {
    if (name === "end") {
      // After the answer has gone out.
      setImmediate(() => void end("it was asked to"));
      return { pid: process.pid };
    }
    if (name === "follow") return follow(world, String((params as { session?: unknown }).session), call);
    return answer(name, params, call);
  };

  const idle = idleEnd(
    env,
    log,
    () => calls.clients + (pages?.followers ?? 0),
    (why) => void end(why),
  );
  const calls: CallServer = callServer({ version: own, log, handle, stirred: idle.stirred });

  const end = (why: string): Promise<void> => {
    ending ??= (async () => {
      log.write("info", `ending: ${why}`);
      idle.stop();
      await calls.close();
      await world.end();
      await pages?.close();
      await browser.close();
      log.write("info", "ended");
      finish();
    })();
    return ending;
  };
  let finish = (): void => {};
  const ended = new Promise<void>((resolve) => {
    finish = resolve;
  });

  pages = await servePages({
    session: (id) => world.byId(id),
    sessions: () => world.all(),
    port: Number(env.SORBUS_PREVIEW_PORT ?? 0),
    stirred: idle.stirred,
    problemFrom,
    log: (line) => log.write("error", line),
  });
  if (!(await claim(where, calls.server))) {
    await pages.close();
    idle.stop();
    return undefined;
  }
  log.write("info", `daemon ${own}, process ${process.pid}, Node ${process.version}, pages at ${pages.url}`);
  idle.stirred();
  return { ended, end: (why) => end(why).then(() => removeOwn(where)) };
}

/** The socket goes with the server; what is left is the log. */
function removeOwn(where: Places): void {
  rmSync(where.lock, { force: true });
}

async function follow(world: World, id: string, call: Call): Promise<unknown> {
  const live = world.target({ session: id }, call);
  return new Promise((resolve) => {
    const leave = live.listen((event) => {
      call.event(event);
      if (event.kind === "end") done();
    });
    const done = (): void => {
      leave();
      resolve({});
    };
    call.signal.addEventListener("abort", done, { once: true });
  });
}

interface Idle {
  readonly stirred: () => void;
  readonly stop: () => void;
}

/** Ends what nobody has used for a while. */
function idleEnd(
  env: Readonly<Record<string, string | undefined>>,
  log: DaemonLog,
  users: () => number,
  end: (why: string) => void,
): Idle {
  const given = env[IDLE_VARIABLE];
  const minutes = given === undefined ? IDLE_MINUTES : Number(given);
  if (!(minutes > 0)) {
    log.write(
      "warning",
      `${IDLE_VARIABLE} is ${given}, which is no number of minutes: it never ends by itself`,
    );
    return { stirred: () => {}, stop: () => {} };
  }
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (users() > 0) arm();
      else end(`nobody has used it for ${minutes} minutes`);
    }, minutes * 60_000);
    timer.unref();
  };
  return { stirred: arm, stop: () => clearTimeout(timer) };
}
