/** `(:http/token n)`: `n` random bytes as text, fit for secrets and for addresses. */
import type { OpDeclaration } from "@sorbus/io-resolver";
import { token } from "../random.ts";

const MAX = 1024;

export function tokenOps(): OpDeclaration[] {
  return [
    {
      name: "http/token",
      params: "n",
      purity: "read",
      doc: "n random bytes, as text of letters, digits, - and _: fit for secrets.",
      check: ([n]) =>
        Number.isInteger(n) && Number(n) > 0 && Number(n) <= MAX
          ? undefined
          : `n must be an integer from 1 to ${MAX}`,
      handler: ([n]) => token(Number(n)),
    },
  ];
}
