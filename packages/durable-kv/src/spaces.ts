/**
 * What lies where: the keys of programs begin with a part; what the store keeps for itself begins with 0xff,
 * which no selector of any namespace reaches, then a letter, then the encoded parts of the namespace.
 */

import { KvError } from "./errors.ts";
import { concat, decodeKey, encodeKey, showKey } from "./key.ts";

export const SPACE = { keys: 0, logs: 0x4c, blobs: 0x42 } as const;
export type Space = (typeof SPACE)[keyof typeof SPACE];

/** After it, no part follows: what does is the store's. All parts begin above it. */
const END = 0x00;

/** Before the encoded parts of the namespace. */
export const inSpace = (space: Space): Uint8Array =>
  space === SPACE.keys ? new Uint8Array() : Uint8Array.of(0xff, space);

/** The place of one log: `name` is encoded, with its namespace. */
export function logRoot(name: Uint8Array): Uint8Array {
  return concat(concat(inSpace(SPACE.logs), name), Uint8Array.of(END));
}

/** The place of the blobs of a namespace. */
export function blobRoot(namespace: Uint8Array): Uint8Array {
  return concat(concat(inSpace(SPACE.blobs), namespace), Uint8Array.of(END));
}

/** Everything of a namespace that lies in a space. */
export function spaceOf(space: Space, namespace: Uint8Array): { start: Uint8Array; end: Uint8Array } {
  const prefix = concat(inSpace(space), namespace);
  // Of the logs, what belongs to a log that is called as the namespace is stays out.
  const first = space === SPACE.blobs ? END : 0x01;
  return { start: concat(prefix, Uint8Array.of(first)), end: concat(prefix, Uint8Array.of(0xff)) };
}

/** A stored key for messages. */
export function showStored(bytes: Uint8Array): string {
  try {
    if (bytes[0] !== 0xff) return showKey(decodeKey(bytes));
    const rest = bytes.subarray(2);
    if (bytes[1] === SPACE.blobs) return `the blobs, at ${Buffer.from(rest).toString("hex")}`;
    for (let end = 1; end < rest.length; end++) {
      // The name ends at the first zero that does not belong to a part.
      const name = rest[end] === END ? decoded(rest.subarray(0, end)) : undefined;
      const place = name && decoded(rest.subarray(end + 1));
      if (name !== undefined && place !== undefined) return `the log ${showKey(name)}, at ${showKey(place)}`;
    }
  } catch (error) {
    if (!(error instanceof KvError)) throw error;
  }
  return `the key with the bytes ${Buffer.from(bytes).toString("hex")}`;
}

function decoded(bytes: Uint8Array): ReturnType<typeof decodeKey> | undefined {
  try {
    const key = decodeKey(bytes);
    return Buffer.compare(encodeKey(key), bytes) === 0 ? key : undefined;
  } catch (error) {
    if (error instanceof KvError) return undefined;
    throw error;
  }
}
