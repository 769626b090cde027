/** The three ways to execute a session's program. */
import { AgentLine, type LinePolicy, type StructuralReloader } from "./line.ts";
import { localAgents } from "./local.ts";
import type { AgentHost, AgentOptions } from "./protocol.ts";
import { workerAgents } from "./worker-agent.ts";

/** Makes what executes one session's program. */
export interface Executor {
  readonly name: string;
  create(options: AgentOptions, host: AgentHost): StructuralReloader;
}

export interface CapOptions {
  /** Generations that one agent takes. Default 100; at 80 % of it the next one is started in the background. */
  readonly cap?: number;
  /** Bytes of heap that one agent may gain. Default 192 MiB. */
  readonly retained?: number;
}

function policy({ cap = 100, retained = 192 * 2 ** 20 }: CapOptions, respawn: boolean): LinePolicy {
  if (!Number.isInteger(cap) || cap < 1)
    throw new RangeError(`cap must be a whole number from 1 on, not ${cap}`);
  return { cap, retained, respawn };
}

/** A worker that takes many generations, and makes room for the next one before it is full. The usual choice. */
export function persistentWorker(options: CapOptions = {}): Executor {
  const chosen = policy(options, false);
  return {
    name: "persistent",
    create: (agent, host) => new AgentLine(workerAgents, agent, host, chosen),
  };
}

/** A new worker for each edit that compiles code: nothing of an older program can be left over. */
export function respawningWorker(): Executor {
  const chosen = policy({}, true);
  return {
    name: "respawn",
    create: (agent, host) => new AgentLine(workerAgents, agent, host, chosen),
  };
}

/** The program lives in this thread: nothing to start, and nothing that could be ended but by itself. */
export function inProcess(options: CapOptions = {}): Executor {
  const chosen = policy(options, false);
  return {
    name: "in-process",
    create: (agent, host) => new AgentLine(localAgents, agent, host, chosen),
  };
}
