/** What an agent is: a place where a program lives. All that goes in and out is plain data, so that it may be a worker. */
import type { DroppedState, Notice, Problem, Tier } from "../record.ts";
import type { SavedState, StateReport } from "../session-types.ts";
import type { Traits } from "../traits.ts";

/** Bounds of one run of a program. */
export interface RunLimits {
  /** Milliseconds, waiting included. */
  readonly time?: number;
  /** Bytes, about. */
  readonly memory?: number;
  /** Calls and loop iterations. */
  readonly steps?: number;
}

/** What an agent is started with. */
export interface AgentOptions {
  readonly entry: string;
  readonly hooks?: string;
  readonly limits: RunLimits;
  /** When it is for previews, in milliseconds since 1970. */
  readonly time?: number;
  /** Ops that the host answers. */
  readonly ops: readonly string[];
}

/** What an agent asks of its host. */
export interface AgentHost {
  /** The text of a file of the program that it was not given. */
  read(path: string): string | Promise<string>;
  /** The text of a file of data. */
  readData(path: string): string | Promise<string>;
  /** Answers an effect. */
  answer(op: string, args: readonly unknown[], signal: AbortSignal | undefined): unknown;
  notice(notice: Notice): void;
  /** The path of what `specifier` names in the file `from`; "" for files that the host names. */
  resolve(specifier: string, from: string): string;
}

/** A `(preview …)` form as the agent knows it. */
export interface PreviewForm {
  readonly name: string;
  readonly line: number;
  readonly snippet: string;
  readonly traits: Traits;
  readonly interactive: boolean;
}

/** Files that the program consists of, and those it looked for. */
export interface Graph {
  readonly files: readonly string[];
  readonly missing: readonly string[];
}

/** The program after a load or reload. */
export interface ProgramInfo {
  readonly previews: readonly PreviewForm[];
  /** Times that code was compiled and took the place of other code in this agent. */
  readonly generations: number;
  /** Bytes that the agent's heap has grown by since it loaded. */
  readonly retained: number;
  readonly stateKept: readonly string[];
  readonly stateDropped: readonly DroppedState[];
}

export type LoadResult =
  | { readonly type: "loaded"; readonly info: ProgramInfo; readonly graph: Graph; readonly time: number }
  | { readonly type: "failed"; readonly problem: Problem; readonly graph: Graph }
  | { readonly type: "cancelled" };

export interface AgentTimings {
  readonly parse: number;
  readonly diff: number;
  readonly compile: number;
  readonly instantiate: number;
}

export type ApplyResult =
  | {
      readonly type: "applied";
      readonly tier: Tier;
      readonly reason: string;
      readonly definitions: readonly string[];
      readonly info: ProgramInfo;
      /** Only if it is not as before. */
      readonly graph?: Graph;
      readonly timings: AgentTimings;
    }
  | {
      readonly type: "failed";
      readonly problem: Problem;
      readonly graph: Graph;
      readonly timings: AgentTimings;
    }
  /** The edit needs code to be compiled, which was not allowed; nothing has changed. */
  | { readonly type: "structural"; readonly reason: string }
  | { readonly type: "cancelled" };

export interface EditMessage {
  /** The new texts, by path; null: there is no such file any more. */
  readonly texts: readonly (readonly [path: string, text: string | null])[];
  /** Files of data that changed. */
  readonly data: readonly string[];
  /** Load everything anew, keeping the state. */
  readonly whole?: boolean;
}

export interface RenderRequest {
  readonly preview: number | string;
  /** Over the preview's own. */
  readonly traits: Traits;
  /** An action to call first. */
  readonly action?: { readonly name: string; readonly detail: unknown };
}

export type RenderResult =
  | {
      readonly type: "rendered";
      readonly html: string;
      readonly index: number;
      readonly traits: Required<Traits>;
      readonly reads: readonly string[];
      readonly stateDropped: readonly DroppedState[];
      readonly time: number;
    }
  | { readonly type: "failed"; readonly problem: Problem; readonly reads: readonly string[] }
  | { readonly type: "cancelled" };

export interface Agent {
  /** Loads the program of these texts, which takes the state over. */
  load(
    texts: ReadonlyMap<string, string>,
    state: SavedState | undefined,
    signal: AbortSignal,
  ): Promise<LoadResult>;
  /** @param structural whether code may be compiled */
  apply(edit: EditMessage, structural: boolean, signal: AbortSignal): Promise<ApplyResult>;
  render(request: RenderRequest, signal: AbortSignal): Promise<RenderResult>;
  saveState(): Promise<{ readonly state: SavedState; readonly dropped: readonly DroppedState[] }>;
  restoreState(state: SavedState): Promise<StateReport>;
  /** Resolves when the agent is gone by itself, with the reason; never if it is disposed of. */
  readonly died: Promise<string>;
  dispose(): Promise<void>;
}

/** Starts agents of one kind. */
export interface AgentFactory {
  readonly kind: "in-process" | "worker";
  start(options: AgentOptions, host: AgentHost): Agent;
}
