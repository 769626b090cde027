/** What an ordeal is given and what comes of it. */
export interface Setting {
  readonly seed: number;
  /** For its files; it may be left behind only if something went wrong. */
  readonly folder: string;
  /** How much of it: rounds, states, ordinals or flips. */
  readonly rounds: number;
}

export interface Outcome {
  readonly tried: number;
  readonly problems: readonly string[];
  /** What was done, in a line. */
  readonly said: string;
}
