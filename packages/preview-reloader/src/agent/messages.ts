/** What goes between a worker agent and its host. */
import type { Notice } from "../record.ts";
import type { SavedState } from "../session-types.ts";
import type { AgentOptions, EditMessage, RenderRequest } from "./protocol.ts";

/** From the host. */
export type ToWorker =
  | { readonly type: "call"; readonly id: number; readonly call: Call }
  | { readonly type: "abort"; readonly id: number }
  | { readonly type: "answer"; readonly id: number; readonly answer: Answer };

export type Call =
  | {
      readonly method: "load";
      readonly texts: ReadonlyMap<string, string>;
      readonly state: SavedState | undefined;
    }
  | { readonly method: "apply"; readonly edit: EditMessage; readonly structural: boolean }
  | { readonly method: "render"; readonly request: RenderRequest }
  | { readonly method: "saveState" }
  | { readonly method: "restoreState"; readonly state: SavedState };

/** From the worker. */
export type FromWorker =
  | { readonly type: "result"; readonly id: number; readonly answer: Answer }
  | { readonly type: "ask"; readonly id: number; readonly ask: Ask }
  | { readonly type: "withdraw"; readonly id: number }
  | { readonly type: "notice"; readonly notice: Notice };

export type Ask =
  | { readonly what: "read"; readonly path: string }
  | { readonly what: "data"; readonly path: string }
  | { readonly what: "op"; readonly op: string; readonly args: readonly unknown[] };

export type Answer = { readonly value: unknown } | { readonly error: AnswerError };

/** An exception, taken apart. */
export interface AnswerError {
  readonly message: string;
  /** Of an `OpError`: what the program sees. */
  readonly op?: { readonly kind: string; readonly data: readonly unknown[] };
}

export interface WorkerData {
  readonly options: AgentOptions;
}
