/**
 * A line of agents, one after the other, that is to its session one program that never ends: the seam between a
 * session and the ways to execute. How long an agent stays is a policy; all policies keep the same promises:
 *
 * - a failed reload, load or respawn leaves what was good in place;
 * - state goes from each agent to the next, and what cannot is named;
 * - no edit waits for the start of an agent, but where the policy is to start one for each.
 */
import type { Problem } from "../record.ts";
import type { SavedState, StateReport } from "../session-types.ts";
import type {
  Agent,
  AgentFactory,
  AgentHost,
  AgentOptions,
  ApplyResult,
  EditMessage,
  LoadResult,
  RenderRequest,
  RenderResult,
} from "./protocol.ts";

/** What a session needs of whoever executes its program. */
export interface StructuralReloader {
  /** Loads the program of these texts. */
  start(
    texts: ReadonlyMap<string, string>,
    state: SavedState | undefined,
    signal: AbortSignal,
  ): Promise<LoadResult>;
  /** Applies an edit, all of it or nothing. Generations count on over the whole line. */
  apply(edit: EditMessage, signal: AbortSignal): Promise<ApplyResult>;
  render(request: RenderRequest, signal: AbortSignal): Promise<RenderResult>;
  saveState(): Promise<{
    readonly state: SavedState;
    readonly dropped: readonly { readonly name: string; readonly why: string }[];
  }>;
  restoreState(state: SavedState): Promise<StateReport>;
  /**
   * Loads the texts as they are now in an agent of its own, with the present state, and compares what the requests
   * give there and here. On a mismatch the new agent takes over.
   */
  verify(requests: readonly RenderRequest[]): Promise<Verification>;
  /** When no agent is being started. */
  settled(): Promise<void>;
  dispose(): Promise<void>;
}

export type Verification =
  | { readonly type: "equal" }
  | { readonly type: "mismatch"; readonly requests: readonly RenderRequest[] }
  /** It did not come to a comparison: a newer edit, or an agent that could not be started. */
  | { readonly type: "skipped"; readonly why: string };

/** How long agents stay. */
export interface LinePolicy {
  /** An agent for each edit that compiles code, instead of one that takes many. */
  readonly respawn: boolean;
  /** Generations in one agent. At 80 % of it the next one is started. */
  readonly cap: number;
  /** Bytes of heap that an agent may gain before the next one is started. */
  readonly retained: number;
}

const SHARE = 0.8;
/** Between attempts to start the next agent, in generations. */
const RETRY = 5;

type Applied = Extract<ApplyResult, { type: "applied" }>;

interface Standby {
  readonly agent: Agent;
  generations: number;
  /** Edits that it has not been given. */
  readonly edits: EditMessage[];
}

export class AgentLine implements StructuralReloader {
  private readonly factory: AgentFactory;
  private readonly options: AgentOptions;
  private readonly host: AgentHost;
  private readonly policy: LinePolicy;
  private current: Agent | undefined;
  /** The texts of the program as far as it has been told of them. */
  private readonly texts: Map<string, string> = new Map();
  /** Generations before the current agent. */
  private base = 0;
  private generations = 0;
  private retained = 0;
  private standby: Standby | undefined;
  private preparing: Promise<void> = Promise.resolve();
  private isPreparing = false;
  private retryAt = 0;
  private lastRequest: RenderRequest | undefined;
  private lastState: SavedState | undefined;
  private edits = 0;
  private disposed = false;
  private recovering: Promise<Agent | undefined> | undefined;
  private readonly ending = new AbortController();

  constructor(factory: AgentFactory, options: AgentOptions, host: AgentHost, policy: LinePolicy) {
    this.factory = factory;
    this.options = options;
    this.host = host;
    this.policy = policy;
  }

  async start(
    texts: ReadonlyMap<string, string>,
    state: SavedState | undefined,
    signal: AbortSignal,
  ): Promise<LoadResult> {
    for (const [path, text] of texts) this.texts.set(path, text);
    const agent = this.spawn();
    this.take(agent);
    return agent.load(this.texts, state, signal);
  }

  async apply(edit: EditMessage, signal: AbortSignal): Promise<ApplyResult> {
    this.edits += 1;
    for (const [path, text] of edit.texts) {
      if (text === null) this.texts.delete(path);
      else this.texts.set(path, text);
    }
    this.standby?.edits.push(edit);
    const agent = await this.agent();
    if (agent === undefined)
      return { type: "failed", problem: gone("no agent could be started"), ...NOTHING };
    const result = await this.guard(agent, () => agent.apply(edit, !this.policy.respawn, signal));
    if (result === undefined) {
      // The agent died of the edit; the one that came after it has loaded the new text, or has not.
      return this.afterDeath(signal);
    }
    if (result.type === "structural") return this.succeed(agent, result.reason, signal);
    return result.type === "applied" ? this.count(result) : result;
  }

  async render(request: RenderRequest, signal: AbortSignal): Promise<RenderResult> {
    const agent = await this.agent();
    if (agent === undefined) {
      return { type: "failed", problem: gone("no agent could be started"), reads: [] };
    }
    const result = await this.guard(agent, () => agent.render(request, signal));
    if (result === undefined)
      return { type: "failed", problem: gone("the agent ended during the render"), reads: [] };
    if (result.type === "rendered") {
      const { action, ...plain } = request;
      // What somebody has done is not to be lost with an agent.
      if (action !== undefined) void this.saveState().catch(() => {});
      this.lastRequest = plain;
      this.swapSoon();
    }
    return result;
  }

  async saveState(): ReturnType<StructuralReloader["saveState"]> {
    const agent = await this.agent();
    if (agent === undefined) return { state: { format: "sorbus-preview-state-1", values: [] }, dropped: [] };
    const saved = await agent.saveState();
    this.lastState = saved.state;
    return saved;
  }

  async restoreState(state: SavedState): Promise<StateReport> {
    const agent = await this.agent();
    return agent === undefined ? { kept: [], dropped: [] } : agent.restoreState(state);
  }

  async settled(): Promise<void> {
    let before: Promise<void>;
    do {
      before = this.preparing;
      await before;
    } while (before !== this.preparing);
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    this.ending.abort();
    await Promise.all([this.current?.dispose(), this.standby?.agent.dispose()]);
    await this.preparing;
    await this.standby?.agent.dispose();
  }

  // ---- one agent after the other -------------------------------------------------------------

  private spawn(): Agent {
    return this.factory.start(this.options, this.host);
  }

  private take(agent: Agent): void {
    this.current = agent;
    this.generations = 0;
    this.retained = 0;
    this.retryAt = 0;
    void agent.died.then((why) => {
      if (this.current === agent && !this.disposed) void this.recover(agent, why);
    });
  }

  /** @param generations that the agent has had already: they are part of the line's count */
  private replace(agent: Agent, generations: number): void {
    const before = this.current;
    const total = this.base + this.generations;
    this.take(agent);
    this.generations = generations;
    this.base = total - generations;
    void before?.dispose();
  }

  /** The agent to ask; while one has died, the one that comes after it. */
  private async agent(): Promise<Agent | undefined> {
    if (this.recovering !== undefined) await this.recovering;
    return this.current;
  }

  /** The policy of an agent for each edit: the next one loads the new text and takes the state over. */
  private async succeed(before: Agent, reason: string, signal: AbortSignal): Promise<ApplyResult> {
    const started = performance.now();
    const { state, dropped } = await before.saveState();
    const agent = this.spawn();
    const loaded = await agent.load(this.texts, state, signal);
    if (loaded.type !== "loaded") {
      await agent.dispose();
      if (loaded.type === "cancelled") return loaded;
      return { ...loaded, timings: NO_TIMINGS };
    }
    this.replace(agent, 0);
    // Its load is one generation of the line, and none of its own.
    this.base += 1;
    return {
      type: "applied",
      tier: "unit",
      reason: `a new agent was started: ${reason}`,
      definitions: [],
      info: {
        ...loaded.info,
        generations: this.base,
        stateDropped: [...dropped, ...loaded.info.stateDropped],
      },
      graph: loaded.graph,
      timings: { ...NO_TIMINGS, compile: performance.now() - started },
    };
  }

  /** Counts the generations of the whole line, and sees to it that there is room for more. */
  private count(result: Applied): Applied {
    this.generations = result.info.generations;
    this.retained = result.info.retained;
    if (!this.policy.respawn) this.prepareIfDue();
    return { ...result, info: { ...result.info, generations: this.base + this.generations } };
  }

  private prepareIfDue(): void {
    const due = this.generations >= SHARE * this.policy.cap || this.retained >= SHARE * this.policy.retained;
    if (!due || this.isPreparing || this.standby !== undefined || this.generations < this.retryAt) return;
    this.isPreparing = true;
    this.preparing = this.prepare()
      .catch((error: unknown) => this.dropStandby(error))
      .finally(() => {
        this.isPreparing = false;
      });
  }

  private dropStandby(error: unknown): void {
    void this.standby?.agent.dispose();
    this.standby = undefined;
    this.respawnFailed(error instanceof Error ? error.message : String(error));
  }

  private respawnFailed(why: string): void {
    this.retryAt = this.generations + RETRY;
    if (this.disposed) return;
    this.host.notice({
      code: "respawn-failed",
      message: `the next agent could not be started, the present one goes on: ${why}`,
    });
  }

  /** Starts the next agent with the texts as they are now; it takes over after its first good render. */
  private async prepare(): Promise<void> {
    const agent = this.spawn();
    const standby: Standby = { agent, generations: 0, edits: [] };
    this.standby = standby;
    const loaded = await agent.load(new Map(this.texts), undefined, this.ending.signal);
    if (loaded.type === "failed") {
      this.standby = undefined;
      await agent.dispose();
      this.respawnFailed(loaded.problem.message);
      return;
    }
    if (loaded.type === "cancelled" || this.disposed) {
      this.standby = undefined;
      await agent.dispose();
      return;
    }
    await this.swap(standby);
  }

  /** After a render there may be a standby that waits for its first request. */
  private swapSoon(): void {
    const { standby } = this;
    if (standby === undefined || this.isPreparing) return;
    this.isPreparing = true;
    this.preparing = this.swap(standby)
      .catch((error: unknown) => this.dropStandby(error))
      .finally(() => {
        this.isPreparing = false;
      });
  }

  /**
   * Brings the standby up to date and lets it take over, between two edits. Edits go on meanwhile in the current
   * agent; each of them sends the standby round once more.
   */
  private async swap(standby: Standby): Promise<void> {
    for (;;) {
      const { current } = this;
      const request = this.lastRequest;
      // Without a view there is nothing to see whether it is any good.
      if (request === undefined || current === undefined || this.disposed) return;
      for (let edit = standby.edits.shift(); edit !== undefined; edit = standby.edits.shift()) {
        const applied = await standby.agent.apply(edit, true, this.ending.signal);
        if (applied.type === "cancelled") return;
        if (applied.type === "applied") standby.generations = applied.info.generations;
      }
      const edits = this.edits;
      const { state } = await current.saveState();
      await standby.agent.restoreState(state);
      const rendered = await standby.agent.render(request, this.ending.signal);
      if (this.disposed) return;
      if (rendered.type === "failed") {
        const here = await current.render(request, this.ending.signal);
        // It is the program that fails, not the agent: wait for its next good render.
        if (here.type === "failed") return;
        this.standby = undefined;
        await standby.agent.dispose();
        this.respawnFailed(rendered.problem.message);
        return;
      }
      if (this.edits !== edits || standby.edits.length > 0 || this.current !== current) continue;
      this.standby = undefined;
      this.replace(standby.agent, standby.generations);
      return;
    }
  }

  // ---- when an agent dies --------------------------------------------------------------------

  /** What `work` gives; undefined when the agent dies instead, once another one has been started. */
  private async guard<T>(agent: Agent, work: () => Promise<T>): Promise<T | undefined> {
    // An agent that dies rejects all that it was asked for.
    const result = await work().catch((error: unknown) => this.orDead(agent, error));
    if (result === undefined && this.recovering !== undefined) await this.recovering;
    return result;
  }

  private async orDead(agent: Agent, error: unknown): Promise<undefined> {
    const never = Symbol("alive");
    const why = await Promise.race([agent.died, Promise.resolve(never)]);
    if (why === never) throw error;
    return undefined;
  }

  /** Starts one agent in the place of one that died, once, and says so once. */
  private recover(dead: Agent, why: string): Promise<Agent | undefined> {
    this.recovering ??= this.reviveOnce(dead, why).finally(() => {
      this.recovering = undefined;
    });
    return this.recovering;
  }

  private async reviveOnce(dead: Agent, why: string): Promise<Agent | undefined> {
    const standby = this.standby?.agent;
    this.standby = undefined;
    void standby?.dispose();
    const agent = this.spawn();
    this.base += this.generations;
    this.current = undefined;
    const loaded = await Promise.race([
      agent.load(this.texts, this.lastState, this.ending.signal),
      agent.died.then((reason): LoadResult => ({ type: "failed", problem: gone(reason), graph: NO_GRAPH })),
    ]);
    void dead.dispose();
    if (this.disposed) {
      await agent.dispose();
      return undefined;
    }
    this.take(agent);
    const state =
      this.lastState === undefined ? "its state is lost" : "its state is that of the last quiet moment";
    this.host.notice({
      code: loaded.type === "loaded" ? "agent-replaced" : "agent-died",
      message:
        loaded.type === "loaded"
          ? `the agent died (${why}) and another one took its place; ${state}`
          : `the agent died (${why}), and the one in its place could not load the program`,
      ...(loaded.type === "failed" && { problem: loaded.problem }),
    });
    return agent;
  }

  private async afterDeath(signal: AbortSignal): Promise<ApplyResult> {
    const agent = await this.agent();
    if (agent === undefined)
      return { type: "failed", problem: gone("the agent died of the edit"), ...NOTHING };
    const result = await agent.apply({ texts: [], data: [], whole: true }, true, signal);
    return result.type === "applied" ? this.count(result) : result;
  }

  // ---- verification --------------------------------------------------------------------------

  async verify(requests: readonly RenderRequest[]): Promise<Verification> {
    const { current } = this;
    if (current === undefined || this.disposed) return { type: "skipped", why: "there is no agent" };
    const edits = this.edits;
    const { state } = await current.saveState();
    this.lastState = state;
    const here = await renderAll(current, requests, this.ending.signal);
    const agent = this.spawn();
    const loaded = await agent.load(new Map(this.texts), state, this.ending.signal);
    if (loaded.type !== "loaded") {
      await agent.dispose();
      return { type: "skipped", why: loaded.type === "failed" ? loaded.problem.message : "cancelled" };
    }
    const there = await renderAll(agent, requests, this.ending.signal);
    if (this.edits !== edits || this.current !== current || this.disposed) {
      await agent.dispose();
      return { type: "skipped", why: "a newer edit came" };
    }
    const different = requests.filter((_, i) => here[i] !== there[i]);
    if (different.length === 0) {
      await agent.dispose();
      return { type: "equal" };
    }
    this.replace(agent, 0);
    return { type: "mismatch", requests: different };
  }
}

const NO_TIMINGS = { parse: 0, diff: 0, compile: 0, instantiate: 0 } as const;
const NO_GRAPH = { files: [], missing: [] } as const;
const NOTHING = { graph: NO_GRAPH, timings: NO_TIMINGS } as const;

/** HTML, or the message of the mistake, for each request. */
async function renderAll(
  agent: Agent,
  requests: readonly RenderRequest[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const results: string[] = [];
  for (const request of requests) {
    const result = await agent.render(request, signal);
    results.push(
      result.type === "rendered"
        ? result.html
        : result.type === "failed"
          ? `failed: ${result.problem.message}`
          : "",
    );
  }
  return results;
}

function gone(why: string): Problem {
  return {
    phase: "agent",
    code: "agent-died",
    message: why,
    detail: why,
    remediation: "Save a file, or ask again: another agent is started.",
  };
}
