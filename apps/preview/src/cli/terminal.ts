/** What the commands need of the program that they are part of. */
export interface Terminal {
  /** Data, to standard output. */
  print(text: string): void;
  /** Notices, to standard error. */
  printError(text: string): void;
  /** The exit code that the process will have. */
  exitCode(code: number): void;
  /** Aborted when the process has been asked to end; whoever asks for it first handles signals from then on. */
  ended(): AbortSignal;
}
