/** What answers a command. */
import type { CommandName, Params, Result } from "../../vocabulary/commands.ts";
import type { Call } from "../calls.ts";
import type { World } from "../world.ts";

export type Handler<N extends CommandName> = (
  params: Params<N>,
  call: Call,
  world: World,
) => Promise<Result<N>>;
