/**
 * Starts a PostgreSQL server in a temporary folder on a free loopback port, kills and restarts it, and leaves
 * nothing behind, even if this process is killed: a guard, a shell that waits on a pipe from us, ends the
 * server and removes the folder when the pipe closes.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { findPostgres, type PostgresBinaries } from "./find.ts";

export interface ServerOptions {
  /**
   * Sync to the disk as in production. Default: false, which a test that kills no machine cannot tell from it,
   * and which is faster.
   */
  readonly fsync?: boolean;
  /** Lines for postgresql.conf: `{ max_connections: "20" }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface PostgresServer extends AsyncDisposable {
  /** `postgres://postgres:…@127.0.0.1:PORT/postgres`, of the superuser. */
  readonly url: string;
  readonly port: number;
  /** The process of the server, while it runs. */
  readonly pid: number | undefined;
  /** `kill -9` of the server's first process. Its other processes end themselves; this waits for them. */
  kill(): Promise<void>;
  /** Ends it as an administrator would, who does not wait for clients. */
  shutdown(): Promise<void>;
  /** Starts it again after `kill` or `shutdown`, with the same data on the same port. */
  start(): Promise<void>;
  /** Ends it and removes everything. */
  stop(): Promise<void>;
}

/** A password to get wrong. */
const PASSWORD = "not-a-secret";
/** How long the server may take for what should take seconds, in milliseconds. */
const PATIENCE = 120_000;

const run = promisify(execFile);

/**
 * @throws Error when the machine has no PostgreSQL, or it does not start: with what it has said
 */
export async function startPostgres(options: ServerOptions = {}): Promise<PostgresServer> {
  const binaries = findPostgres();
  if (binaries === undefined) throw new Error("There is no PostgreSQL on this machine: see postgresOrSkip");
  const identity = otherThanRoot();
  const folder = mkdtempSync(join(tmpdir(), "sorbus-pg-"));
  const guard = watchOver(folder);
  try {
    if (identity !== undefined) chownSync(folder, identity.uid, identity.gid);
    await initialise(binaries, folder, identity, options);
    const server = new Server(binaries, folder, identity, guard);
    await server.start();
    return server;
  } catch (error) {
    await dismissed(guard);
    throw error;
  }
}

/** Undefined: as this process. */
type Identity = { readonly uid: number; readonly gid: number } | undefined;

/** PostgreSQL refuses to run as root: then it runs as Debian's `postgres`, or as `nobody`. */
function otherThanRoot(): Identity {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  for (const wanted of ["postgres", "nobody"]) {
    const [, , uid, gid] = users.find(([name]) => name === wanted) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error("PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as");
}

async function initialise(
  { folder: bin }: PostgresBinaries,
  folder: string,
  identity: Identity,
  { fsync = false, settings = {} }: ServerOptions,
): Promise<void> {
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, PASSWORD);
  chmodSync(passwordFile, 0o644);
  await run(
    join(bin, "initdb"),
    [
      ...["-D", join(folder, "data"), "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync"],
      ...["--auth=scram-sha-256", `--pwfile=${passwordFile}`],
    ],
    { ...identity, cwd: folder, env: environment() },
  );
  const all = {
    listen_addresses: "127.0.0.1",
    port: String(await freePort()),
    unix_socket_directories: folder,
    fsync: fsync ? "on" : "off",
    log_line_prefix: "",
    shared_buffers: "32MB",
    max_connections: "60",
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
  writeFileSync(join(folder, "data", "postgresql.conf"), lines.join(""));
}

/** Nobody else's PGHOST and PGDATA; messages in English. */
const environment = (): NodeJS.ProcessEnv => ({ PATH: process.env.PATH ?? "", LC_ALL: "C", TZ: "UTC" });

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => {
        if (typeof address === "object" && address !== null) resolve(address.port);
        else reject(new Error("The system has no free port"));
      });
    });
  });
}

/**
 * Ends the server when its input ends, by an explicit close or because this process is gone. It asks the
 * process table before it kills: the number in the file may belong to somebody else by now.
 */
const GUARD = `
  trap '' INT HUP TERM
  cat >/dev/null
  tries=0
  while [ $tries -lt 100 ]; do
    pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
    [ -n "$pid" ] && ps -p "$pid" -o args= 2>/dev/null | grep -qF "$1/data" || break
    if [ $tries -lt 50 ]; then kill -QUIT "$pid"; else kill -KILL "$pid"; fi
    tries=$((tries + 1))
    sleep 0.1
  done
  # An initdb that was not finished may still write.
  until rm -rf "$1" 2>/dev/null || [ $tries -gt 200 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
`;

function watchOver(folder: string): ChildProcess {
  // A session of its own: Ctrl+C in a terminal must not reach it.
  const guard = spawn("sh", ["-c", GUARD, "guard", folder], {
    stdio: ["pipe", "ignore", "inherit"],
    detached: true,
  });
  guard.unref();
  if (guard.stdin !== null && "unref" in guard.stdin) (guard.stdin as { unref(): void }).unref();
  return guard;
}

async function dismissed(guard: ChildProcess): Promise<void> {
  if (guard.exitCode !== null) return;
  guard.ref();
  const gone = new Promise((resolve) => guard.once("exit", resolve));
  guard.stdin?.end();
  await gone;
}

class Server implements PostgresServer {
  readonly url: string;
  readonly port: number;
  readonly #binaries: PostgresBinaries;
  readonly #folder: string;
  readonly #identity: Identity;
  readonly #guard: ChildProcess;
  #process: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #log: string[] = [];

  constructor(binaries: PostgresBinaries, folder: string, identity: Identity, guard: ChildProcess) {
    this.#binaries = binaries;
    this.#folder = folder;
    this.#identity = identity;
    this.#guard = guard;
    const conf = readFileSync(join(folder, "data", "postgresql.conf"), "utf8");
    this.port = Number(/^port = '(\d+)'$/m.exec(conf)?.[1]);
    this.url = `postgres://postgres:${PASSWORD}@127.0.0.1:${this.port}/postgres`;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async start(): Promise<void> {
    if (this.#process !== undefined) throw new Error("The server is running");
    const deadline = performance.now() + PATIENCE;
    // After a kill, processes of the old server may hold its shared memory for another moment.
    while (!(await this.#started())) {
      const said = this.#log.join("\n");
      if (!/is still in use|lock file .* already exists/.test(said) || performance.now() > deadline)
        throw new Error(`PostgreSQL did not start:\n${said}`);
      await wait(50);
    }
  }

  /** False: it has ended, and the log says why. */
  #started(): Promise<boolean> {
    this.#log = [];
    const child = spawn(join(this.#binaries.folder, "postgres"), ["-D", join(this.#folder, "data")], {
      ...this.#identity,
      cwd: this.#folder,
      env: environment(),
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    });
    this.#process = child;
    // "close" and not "exit": its other processes hold the pipe, too.
    this.#ended = new Promise((resolve) => child.once("close", () => resolve()));
    const lines = createInterface({ input: child.stderr });
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", () => {
        if (this.#process === child) this.#process = undefined;
      });
      // Later than "exit": everything that it has said has been read.
      child.once("close", () => resolve(false));
      lines.on("line", (line) => {
        this.#log.push(line);
        if (this.#log.length > 200) this.#log.shift();
        if (!line.endsWith("database system is ready to accept connections")) return;
        this.#hold(child, false);
        resolve(true);
      });
    });
  }

  /** Whether the server keeps this process alive. */
  #hold(child: ChildProcess, hold: boolean): void {
    for (const each of [child, child.stderr]) {
      if (hold) (each as { ref?(): void } | null)?.ref?.();
      else (each as { unref?(): void } | null)?.unref?.();
    }
  }

  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  shutdown(): Promise<void> {
    return this.#end("SIGINT");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child === undefined) throw new Error("The server is not running");
    this.#hold(child, true);
    child.kill(signal);
    await this.#ended;
  }

  async stop(): Promise<void> {
    await dismissed(this.#guard);
    await this.#ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
