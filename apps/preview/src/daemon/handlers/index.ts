/** Who answers which command. */
import { Problem } from "../../problem.ts";
import { type CommandName, commandNames, commands, type Params } from "../../vocabulary/commands.ts";
import type { Call } from "../calls.ts";
import type { World } from "../world.ts";
import { diff } from "./diff.ts";
import { elements, touch } from "./elements.ts";
import { snapshotAll } from "./gallery.ts";
import type { Handler } from "./handler.ts";
import { snapshot, variants } from "./pictures.ts";
import { configure, explain, list, run, sessions, state, stop, switchPreview, wait } from "./sessions.ts";

type Handlers = { readonly [N in CommandName]: Handler<N> };

/** What a command's parameters are, after they have been checked. @throws Problem */
function checked<N extends CommandName>(name: N, params: unknown): Params<N> {
  const parsed = commands[name].params.safeParse(params ?? {});
  if (parsed.success) return parsed.data as Params<N>;
  const issues = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`,
  );
  throw new Problem({
    phase: "request",
    code: "parameters",
    message: `${name} was given wrong parameters`,
    detail: issues.join("\n"),
    remediation: `Its parameters are ${Object.keys(commands[name].params.shape).join(", ") || "none"}; see \`sx preview ${name} --help\`.`,
  });
}

/** @param status answers the one command that is about the daemon itself */
export function answerer(
  world: World,
  status: Handler<"status">,
): (name: string, params: unknown, call: Call) => Promise<unknown> {
  const handlers: Handlers = {
    run,
    list,
    snapshot,
    "snapshot-all": snapshotAll,
    variants,
    configure,
    switch: switchPreview,
    elements,
    touch,
    diff,
    explain,
    wait,
    state,
    sessions,
    stop,
    status,
  };
  const answer = <N extends CommandName>(name: N, params: unknown, call: Call): Promise<unknown> =>
    (handlers[name] as Handler<N>)(checked(name, params), call, world);
  return async (name, params, call) => {
    if (!Object.hasOwn(handlers, name)) {
      throw new Problem({
        phase: "request",
        code: "no-command",
        message: `there is no command ${name}`,
        remediation: `There are ${commandNames.join(", ")}.`,
      });
    }
    return answer(name as CommandName, params, call);
  };
}
