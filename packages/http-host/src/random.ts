/** Names and tokens that nobody can guess. Random bytes are fetched many at a time. */
import { randomBytes } from "node:crypto";

let pool: Buffer = Buffer.alloc(0);
let used = 0;

/** @param bytes so many random bytes, as base64url */
export function token(bytes: number): string {
  if (used + bytes > pool.length) {
    pool = randomBytes(Math.max(bytes, 8192));
    used = 0;
  }
  const text = pool.toString("base64url", used, used + bytes);
  used += bytes;
  return text;
}
