/** `(:console/print x…)`: writes the `str` of each value, with spaces between, and a newline. */
import type { OpDeclaration } from "../op.ts";

export interface ConsoleOptions {
  /** A value as people read it: the engine's `str`. */
  readonly show: (value: unknown) => string;
  /** Takes one line, without its newline. Default: `console.log`. */
  readonly write?: (line: string) => void;
  /** What the op answers: the engine's nil. Default: `null`. */
  readonly nil?: unknown;
}

export function consoleOps({
  show,
  write = (line) => console.log(line),
  nil = null,
}: ConsoleOptions): OpDeclaration[] {
  return [
    {
      name: "console/print",
      params: "&rest values",
      purity: "write",
      // Raw, because only the engine knows how its functions, markup and symbols print.
      values: "raw",
      codec: { args: (values) => values.map(show), result: () => nil },
      doc: "Prints the values on one line.",
      handler: (texts) => {
        write(texts.join(" "));
        return null;
      },
    },
  ];
}
