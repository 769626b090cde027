/** What a command is: one entry of the vocabulary, from which the command line, the MCP tools and the docs derive. */
import type * as z from "zod";

export type Shape = Readonly<Record<string, z.ZodType>>;

export interface Command<P extends Shape = Shape, R extends Shape = Shape> {
  /** As typed after `sx preview`. */
  readonly name: string;
  /** The MCP tool; undefined: agents have no use for it. */
  readonly tool?: string;
  /** What it does, and when to use it: for agents and for `--help`. The first sentence stands alone. */
  readonly description: string;
  readonly params: z.ZodObject<P>;
  readonly result: z.ZodObject<R>;
  /** Parameters that the command line takes without a flag, in order. */
  readonly positional?: readonly (keyof P & string)[];
  /** Short flags, such as `o` for output. */
  readonly short?: Readonly<Partial<Record<keyof P & string, string>>>;
  /** For agents: it changes nothing. */
  readonly readOnly?: true;
  /** Further examples of the command line, for the docs. */
  readonly examples: readonly string[];
}

/** A command whose parameters are known only when it runs: for what is derived from all of them. */
export interface AnyCommand {
  readonly name: string;
  readonly tool?: string | undefined;
  readonly description: string;
  readonly params: z.ZodObject;
  readonly result: z.ZodObject;
  readonly positional?: readonly string[] | undefined;
  readonly short?: Readonly<Record<string, string | undefined>> | undefined;
  readonly readOnly?: true | undefined;
  readonly examples: readonly string[];
}
