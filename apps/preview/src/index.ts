/** The preview daemon's command line, for the `sx` command. The rest is reached through it, or over the socket. */
export { addPreviewCommands } from "./cli/commands.ts";
export type { Terminal } from "./cli/terminal.ts";
