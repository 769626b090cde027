/**
 * The elected committer: gathers the batches of its own process and of those that are connected, and commits what has
 * come while the disk was busy as one group.
 */
import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import type { PackedAtomic, PackedResult } from "../engine.ts";
import type { Committer } from "./committer.ts";
import { type FromCommitter, PROTOCOL, receive, send, type ToCommitter } from "./wire.ts";

interface Batch {
  readonly atomics: readonly PackedAtomic[];
  readonly now: number;
  readonly answer: (results: readonly PackedResult[]) => void;
}

/** One transaction of all clients together stays small enough that nobody waits long for it. */
const MAX_GROUP = 2000;

/** How long a client has to hang up, in milliseconds. */
const HANG_UP = 1000;

export class CommitServer {
  readonly #committer: Committer;
  readonly #changed: () => void;
  #queue: Batch[] = [];
  #running: Promise<void> | undefined;
  /** Answers that wait for the disk after their commit has become visible. */
  readonly #syncing = new Set<Promise<void>>();
  readonly #clients = new Map<Socket, { watches: boolean }>();
  #server: Server | undefined;
  #closing = false;

  /** @param changed called after each group, for the own process */
  constructor(committer: Committer, changed: () => void) {
    this.#committer = committer;
    this.#changed = changed;
  }

  submit(atomics: readonly PackedAtomic[], now: number): Promise<readonly PackedResult[]> {
    return new Promise((answer) => {
      this.#queue.push({ atomics, now, answer });
      this.#running ??= this.#run();
    });
  }

  /** Whether others can reach it there: a file system may have no sockets. */
  listen(address: string): Promise<boolean> {
    // Whoever listened there is gone, since we have its lock.
    if (process.platform !== "win32") rmSync(address, { force: true });
    const server = createServer((socket) => this.#serve(socket));
    return new Promise((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(address, () => {
        if (process.platform !== "win32" && address.startsWith(tmpdir())) chmodSync(address, 0o600);
        this.#server = server;
        resolve(true);
      });
    });
  }

  /** Answers all that has come, and tells everybody that nothing else will be done. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#running;
    await Promise.all(this.#syncing);
    const server = this.#server;
    const closed = server && new Promise((resolve) => server.close(resolve));
    for (const socket of this.#clients.keys()) this.#dismiss(socket);
    await closed;
  }

  /**
   * Says goodbye and reads on, for nothing, until the client has hung up: were it closed with something unread, the system would
   * throw away what the client has not yet read either, the goodbye.
   */
  #dismiss(socket: Socket): void {
    send(socket, { type: "bye" });
    socket.end();
    const timer = setTimeout(() => socket.destroy(), HANG_UP);
    socket.once("close", () => clearTimeout(timer));
    socket.resume();
  }

  #serve(socket: Socket): void {
    const client = { watches: false };
    this.#clients.set(socket, client);
    // What happens to a client is its own affair: its batches are committed or not, as they would be.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#clients.delete(socket));
    send(socket, { type: "hello", protocol: PROTOCOL });
    // It was in the queue when we stopped listening.
    if (this.#closing) {
      this.#dismiss(socket);
      return;
    }
    receive<ToCommitter>(socket, (message) => {
      if (this.#closing) return;
      switch (message.type) {
        case "watch":
          client.watches = true;
          return;
        case "commit": {
          const { id, atomics, now } = message;
          void this.submit(atomics, now).then((results) =>
            this.#tell(socket, { type: "results", id, results }),
          );
          return;
        }
      }
    });
  }

  #tell(socket: Socket, message: FromCommitter): void {
    if (socket.writable) send(socket, message);
  }

  async #run(): Promise<void> {
    // Those who ask in the same moment go together.
    await new Promise(setImmediate);
    while (this.#queue.length > 0) {
      const group = this.#take();
      const atomics = group.flatMap((batch) => batch.atomics);
      const now = Math.max(...group.map((batch) => batch.now));
      await new Promise<void>((next) => {
        const done = this.#committer.commit(atomics, now, next).then((results) => {
          let at = 0;
          for (const { atomics, answer } of group) answer(results.slice(at, (at += atomics.length)));
          this.#changed();
          for (const [socket, { watches }] of this.#clients)
            if (watches) this.#tell(socket, { type: "changed" });
          this.#syncing.delete(done);
          next();
        });
        this.#syncing.add(done);
      });
    }
    this.#running = undefined;
  }

  #take(): Batch[] {
    let count = 0;
    let atomics = 0;
    for (const batch of this.#queue) {
      atomics += batch.atomics.length;
      if (count > 0 && atomics > MAX_GROUP) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }
}
