/** Hashes: of strings, numbers, and (in `hash`) of any value so that equal values have equal ones. */

/**
 * Different in each process, so that nobody can prepare keys that collide. Nothing that a program can
 * see depends on it.
 */
const SEED = (Math.random() * 0x100000000) | 0;

function rotate(h: number, by: number): number {
  return (h << by) | (h >>> (32 - by));
}

/** Adds one number to a running hash, as murmur3 does. */
export function mix(h: number, k: number): number {
  const scrambled = Math.imul(rotate(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593);
  return (Math.imul(rotate(h ^ scrambled, 13), 5) + 0xe6546b64) | 0;
}

/** The closing step, which spreads every bit. */
export function finish(h: number): number {
  let x = h ^ (h >>> 16);
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/** O(length). */
export function hashString(s: string): number {
  let h = SEED ^ s.length;
  for (let i = 0; i < s.length; i++) h = mix(h, s.charCodeAt(i));
  return finish(h);
}

const bits = new DataView(new ArrayBuffer(8));
/** 0 and -0 alike, all NaNs alike. */
export function hashNumber(x: number): number {
  if ((x | 0) === x) return finish(mix(SEED, x | 0));
  // There are many NaNs in memory, and which one an operation makes depends on how it was compiled.
  if (Number.isNaN(x)) return finish(mix(SEED, 0x7ff80000));
  bits.setFloat64(0, x);
  return finish(mix(mix(SEED, bits.getInt32(0)), bits.getInt32(4)));
}

export function hashBigint(x: bigint): number {
  let h = mix(SEED, x < 0n ? 7 : 11);
  for (let rest = x < 0n ? -x : x; rest > 0n; rest >>= 32n) h = mix(h, Number(rest & 0xffffffffn) | 0);
  return finish(h);
}
