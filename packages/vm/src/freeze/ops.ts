/**
 * A frozen graph is a program for a small machine that builds it again: each instruction makes one
 * object, which gets the next number, or fills one that was made before. Immutable objects are made
 * when all that they hold exists; mutable ones first, so that what they hold may refer back to them.
 */
export const OPS = {
  /** cdr, car */
  pair: 1,
  /** buffer, offset, length */
  slice: 2,
  /** a buffer with room for the elements that are filled in; its bounds are in the header */
  buffer: 3,
  /** count, then key and value of each */
  dict: 4,
  /** length */
  vector: 5,
  /** length, then a double each */
  floats: 6,
  set: 7,
  table: 8,
  box: 9,
  /** code, number of captured values */
  closure: 10,
  /** type */
  record: 11,
  /** name, fields */
  recordType: 12,
  /** kind, message, place as plain data, then the data */
  condition: 13,
  /** shape of the parts as plain data, refused, deferred thunks */
  markup: 14,
  /** a part of markup that was met on its own: its thunk */
  deferred: 15,
  trustedUrl: 16,
  bytes: 17,
  applicable: 18,
  /** tag, plain */
  extension: 19,
  /** object, count, values */
  fill: 20,
  /** buffer, offset, count, values */
  fillBuffer: 21,
  /** count, values: the end */
  roots: 22,
} as const;

/** How one value is written: an atom, or a reference to an object made before. */
export const VALUES = {
  nil: 0,
  true: 1,
  false: 2,
  empty: 3,
  integer: 4,
  double: 5,
  bigint: 6,
  string: 7,
  symbol: 8,
  emptyDict: 9,
  /** How many objects ago. */
  reference: 10,
} as const;
/** A tag from here on is a reference by itself: 1 to 128 objects ago. */
export const NEAR = 0x80;
/** A tag from here to NEAR is an integer by itself: 0 to 63. */
export const SMALL = 0x40;

/** Changes when older bytes can no longer be read. */
export const VERSION = 1;
export const MAGIC: readonly number[] = [0x53, 0x58, 0x47]; // "SXG"
