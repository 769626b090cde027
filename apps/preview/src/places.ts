/** Where the daemon's socket, log and lock are, who may look there, and which daemon is meant. */
import { createHash } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import manifest from "../package.json" with { type: "json" };
import { Problem } from "./problem.ts";

/** The environment variable that names another folder: tests, and people who want two daemons. */
export const FOLDER_VARIABLE = "SORBUS_PREVIEW_DIR";

export interface Places {
  readonly folder: string;
  readonly socket: string;
  readonly log: string;
  readonly lock: string;
}

/** Linux allows 108 bytes for the address of a socket, macOS 104; one of them is the NUL at the end. */
const MAX_SOCKET_PATH = 103;

/**
 * The places, in a folder that only this user can enter; makes it if it is not there.
 * @throws Problem if the folder belongs to somebody else, is none, or has too long a name
 */
export function places(env: Readonly<Record<string, string | undefined>> = process.env): Places {
  const named = env[FOLDER_VARIABLE];
  const runtime = env.XDG_RUNTIME_DIR;
  const folder =
    named || (runtime ? join(runtime, "sorbus-preview") : join(tmpdir(), `sorbus-preview-${userInfo().uid}`));
  const socket = join(folder, "daemon.sock");
  if (Buffer.byteLength(socket) > MAX_SOCKET_PATH) {
    throw new Problem({
      phase: "daemon",
      code: "folder-name-too-long",
      message: `the daemon's socket would be ${socket}, which is too long for the address of a socket`,
      remediation: `Set ${FOLDER_VARIABLE} to a folder with a shorter path.`,
    });
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  const own = process.getuid?.();
  if (!found.isDirectory() || (own !== undefined && found.uid !== own)) {
    throw new Problem({
      phase: "daemon",
      code: "folder-not-own",
      message: `${folder} is not a folder of this user`,
      detail: "Whoever owns it could answer in the daemon's place.",
      remediation: `Remove it, or set ${FOLDER_VARIABLE} to a folder of your own.`,
    });
  }
  if ((found.mode & 0o077) !== 0) chmodSync(folder, 0o700);
  return { folder, socket, log: join(folder, "daemon.log"), lock: join(folder, "daemon.lock") };
}

/** Stands for the one that runs, in greetings. Another installation is another version: its code differs. */
export function version(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const install = createHash("sha256")
    .update(import.meta.dirname)
    .digest("hex")
    .slice(0, 8);
  return env.SORBUS_PREVIEW_VERSION || `${manifest.version}+${install}`;
}
