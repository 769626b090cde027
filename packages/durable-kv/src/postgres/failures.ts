/**
 * What an error of the server, of the connection to it or of `pg` means: whether asking again may help, and
 * what a user of the store is told.
 */
import { type KvError, KvError as KvErrorClass, type KvErrorCode, kvError } from "../errors.ts";
import type { Settings } from "./settings.ts";

export interface Failure {
  /**
   * `gone`: the connection is lost or was never made; whether the statement was executed is unknown. `again`: the
   * server has refused it, nothing was done, and it may be asked again. `final`: it has been refused for good.
   */
  readonly kind: "gone" | "again" | "final";
  readonly error: KvError;
}

/** An error that the server has sent has an SQLSTATE; one of Node's sockets a name such as ECONNREFUSED. */
function codeOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}

/** The server is there and does not take connections (now), or ends them. */
const AWAY: Readonly<Record<string, string>> = {
  "57P01": "it is shutting down",
  "57P02": "it has crashed",
  "57P03": "it is starting up or shutting down",
  "25P03": "it has ended a transaction that had paused for too long",
  "57P05": "it has ended an idle connection",
  "53300": "it has too many connections",
};

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there: is the server running, and are host and port right?",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the host's name cannot be looked up",
  EHOSTUNREACH: "there is no way to the host",
  ENETUNREACH: "there is no way to the host",
  ETIMEDOUT: "it does not answer",
  ECONNRESET: "it has ended the connection",
  EPIPE: "it has ended the connection",
  ENOENT: "there is no such socket",
};

/** Errors that are answers: nothing was done, and asking again would not help. */
const FINAL: Readonly<Record<string, readonly [KvErrorCode, string]>> = {
  "28P01": ["url", "refuses the user or the password"],
  "28000": ["url", "refuses the user"],
  "3D000": ["url", "has no such database (createdb makes one)"],
  "42501": ["unwritable", "refuses it: the user lacks a privilege"],
  "53100": ["full", "has no room left on its disk: nothing was committed. Free some and try again"],
  "57014": ["busy", "took too long, and was stopped: nothing was committed"],
  "55P03": ["busy", "is busy: somebody has held the write lock for too long. Nothing was committed"],
  XX001: ["corrupt", "has found damaged data"],
  XX002: ["corrupt", "has found a damaged index: REINDEX mends it"],
};

/** Two transactions were in each other's way, on servers where that is possible. */
const RETRIED = new Set(["40001", "40P01"]);

/** What to make of an error. An error of our own is final. */
export function failureOf(error: unknown, { name, connections }: Settings): Failure {
  if (error instanceof KvErrorClass) return { kind: "final", error };
  const code = codeOf(error);
  const said = messageOf(error);
  const options = { cause: error };
  const unreachable = (why: string): KvError =>
    kvError("unreachable", `The server of ${name} cannot be reached: ${why}`, options);

  if (error instanceof TypeError || error instanceof RangeError)
    return { kind: "final", error: kvError("fatal", `${name}: ${said}`, options) };
  if (code === undefined) {
    // `pg` gives its own errors no code; the server's and the system's have one.
    if (said === "timeout exceeded when trying to connect") {
      const message = `All ${connections} connections to ${name} are in use: raise postgres.connections, or keep snapshots short`;
      return { kind: "again", error: kvError("busy", message, options) };
    }
    if (/timeout/i.test(said)) return { kind: "gone", error: unreachable("it does not answer in time") };
    if (/SSL/.test(said)) return { kind: "final", error: kvError("url", `${name}: ${said}`, options) };
    if (/password must be a string/.test(said))
      return { kind: "final", error: kvError("url", `The server of ${name} asks for a password`, options) };
    return { kind: "gone", error: unreachable(said) };
  }
  const network = NETWORK[code];
  if (network !== undefined) return { kind: "gone", error: unreachable(network) };
  const away = AWAY[code];
  if (away !== undefined) return { kind: "gone", error: unreachable(`${away} (${said})`) };
  if (code.startsWith("08")) return { kind: "gone", error: unreachable(said) };
  if (RETRIED.has(code))
    return { kind: "again", error: kvError("busy", `The server of ${name} is busy: ${said}`, options) };
  // Of a standby that somebody promotes, or of a server that has stepped back for one.
  if (code === "25006") {
    const message = `The server of ${name} takes no writes: is it a standby? (${said})`;
    return { kind: "again", error: kvError("unwritable", message, options) };
  }
  const known = FINAL[code];
  if (known !== undefined)
    return {
      kind: "final",
      error: kvError(known[0], `The server of ${name} ${known[1]} (${said})`, options),
    };
  // Of the system (EPERM) or of TLS (DEPTH_ZERO_SELF_SIGNED_CERT), and no SQLSTATE.
  if (!/^(?!E[A-Z]{4})[0-9A-Z]{5}$/.test(code))
    return { kind: "gone", error: unreachable(`${said} (${code})`) };
  return {
    kind: "final",
    error: kvError(
      "fatal",
      `The server of ${name} refused it; nothing was committed: ${said} (${code})`,
      options,
    ),
  };
}

/** Node gives an error without a message of its own where it has tried several addresses. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "")
    return error.errors.map((each: unknown) => messageOf(each)).join("; ");
  return error instanceof Error ? error.message : String(error);
}
