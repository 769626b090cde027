/**
 * One daemon for each folder. A socket that is there may be answered by another daemon, or be what a killed one
 * left: it is probed before it is removed, and between the probe and the new socket nobody else may do the same.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Server } from "node:net";
import type { Places } from "../places.ts";

/** Whether somebody answers at the socket. A file that is no socket is answered by nobody. */
export function answers(socket: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = connect(socket);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", (error: NodeJS.ErrnoException) => {
      if (["ENOENT", "ECONNREFUSED", "ENOTSOCK", "ECONNRESET", "EPIPE"].includes(error.code ?? ""))
        resolve(false);
      // A queue that is full belongs to somebody alive.
      else if (error.code === "EAGAIN") resolve(true);
      else reject(error);
    });
  });
}

/**
 * Makes `server` listen on the socket, unless another daemon answers there.
 * @returns false if one does, or is just starting
 */
export async function claim(places: Places, server: Server): Promise<boolean> {
  if (!lock(places.lock)) return false;
  try {
    if (await answers(places.socket)) return false;
    rmSync(places.socket, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(places.socket, () => {
        server.off("error", reject);
        resolve();
      });
    });
    return true;
  } finally {
    rmSync(places.lock, { force: true });
  }
}

/** Takes the lock; that of a process that is gone is no lock. */
function lock(file: string): boolean {
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx", mode: 0o600 });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    // Renaming is what only one of several can do; what it got is looked at again, since another may have
    // replaced the lock in between.
    const apart = `${file}.${process.pid}`;
    if (holderAlive(file)) return false;
    try {
      renameSync(file, apart);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
      throw error;
    }
    const alive = holderAlive(apart);
    rmSync(apart, { force: true });
    if (alive) return false;
  }
}

function holderAlive(file: string): boolean {
  let pid: number;
  try {
    pid = Number(readFileSync(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
  // Made, and not yet written: its maker is alive.
  if (!Number.isInteger(pid) || pid <= 0) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
