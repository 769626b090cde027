/** `(:time/now)`: milliseconds since 1970. */
import type { OpDeclaration } from "../op.ts";

export interface TimeOptions {
  /** Milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number;
}

export function timeOps({ now = Date.now }: TimeOptions = {}): OpDeclaration[] {
  return [
    {
      name: "time/now",
      params: "",
      purity: "read",
      doc: "The time in milliseconds since 1970.",
      handler: () => now(),
    },
  ];
}
