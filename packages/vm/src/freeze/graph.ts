/**
 * Freezing: any values to bytes, and back in another process. Sharing and cycles are kept, identity
 * within the graph too; numbers, strings and symbols are the same values again.
 *
 * What the heap does not know (code objects, continuations, record types and globals that are looked
 * up again by name, host objects that can be made again) is written by extensions.
 */
import type { Value } from "../heap/value.ts";
import { Freezer } from "./freeze.ts";
import { Thawer } from "./thaw.ts";

export { CorruptBytes } from "./bytes.ts";

/** How one class of objects is frozen. Extensions are asked first, in order, also about objects of the heap. */
export interface Extension {
  /** Names the extension in the bytes: stays the same for ever. */
  readonly tag: string;
  test(o: object): boolean;
  /** JSON-like data (also bigints, undefined and Uint8Arrays), and references into the graph. */
  parts(o: object): { plain: unknown; values: Value[] };
  /** The object without its references: they may lead back to it. */
  make(plain: unknown): object;
  /** Called once, when there are any. In a cycle, some of the values may not be filled themselves yet. */
  fill(o: object, values: Value[]): void;
}

/**
 * The values and all that is reachable from them, as bytes. Raises a condition of kind "host" that says
 * where in the graph something is that cannot be frozen. O(size), without recursion.
 */
export function freezeGraph(roots: Value[], extensions: Extension[]): Uint8Array {
  return new Freezer(extensions).freeze(roots);
}

/** The values again. Throws CorruptBytes for bytes that are no frozen graph, or of another version. */
export function thawGraph(bytes: Uint8Array, extensions: Extension[]): Value[] {
  return new Thawer(bytes, extensions).thaw();
}
