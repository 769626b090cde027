/** `(:random/int n)`: an integer in [0, n), not fit for secrets. */
import type { OpDeclaration } from "../op.ts";

export interface RandomOptions {
  /** A number in [0, 1). Default: `Math.random`. */
  readonly random?: () => number;
}

export function randomOps({ random = Math.random }: RandomOptions = {}): OpDeclaration[] {
  return [
    {
      name: "random/int",
      params: "n",
      purity: "read",
      doc: "A random integer in [0, n). Not fit for secrets.",
      check: ([n]) => (Number.isSafeInteger(n) && Number(n) > 0 ? undefined : "n must be a positive integer"),
      handler: ([n]) => Math.floor(random() * Number(n)),
    },
  ];
}
