/** `(:env/get name)`: a variable of the environment, of those that were granted. */
import { type OpDeclaration, OpError } from "../op.ts";

export interface EnvOptions {
  /** The names that may be read. */
  readonly names: readonly string[];
  /** Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export function envOps({ names, env = process.env }: EnvOptions): OpDeclaration[] {
  const granted = new Set(names);
  return [
    {
      name: "env/get",
      params: "name",
      purity: "read",
      doc: "The text of a variable of the environment, or nil if it is not set.",
      check: ([name]) => (typeof name === "string" ? undefined : "name must be a string"),
      narrowing: {
        what: "a name",
        within: (limit) => {
          if (typeof limit !== "string" || limit === "")
            throw new TypeError("A grant of :env/get is narrowed to a name");
          return ([name]) => (name === limit ? undefined : `the variable ${String(name)} is not ${limit}`);
        },
      },
      handler: ([name]) => {
        if (!granted.has(String(name)))
          throw new OpError(
            "denied",
            `:env/get is not granted: the variable ${String(name)} is not among those that may be read`,
            ["env/get", name],
          );
        return env[String(name)] ?? null;
      },
    },
  ];
}
