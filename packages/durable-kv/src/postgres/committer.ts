/**
 * Commits groups, one at a time, over one connection. A group has a number: when its connection breaks it is sent
 * again over the next one, and the server either has its results on record or has not seen it and never will
 * (see `commitFunction`). So a server that comes back in time costs nobody more than the wait.
 */
import { randomBytes } from "node:crypto";
import type { FaultPoint, PackedAtomic, PackedResult } from "../engine.ts";
import { asKvError, type KvError, kvError } from "../errors.ts";
import type { Faults } from "../faults.ts";
import { failureOf } from "./failures.ts";
import { commitCall, writtenDown } from "./function.ts";
import { quoted } from "./schema.ts";
import type { Connections, SingleSession, Statement } from "./session.ts";
import { commitByStatements, type Group, resultOf } from "./statements.ts";
import { bytea, fromInt8Array } from "./wire.ts";

/** How long the end of a store waits for a server that does not answer, in milliseconds. */
const CLOSING = 2000;

export interface CommitterOptions {
  readonly now: () => number;
  /** How many commits' changes the log keeps for watchers. */
  readonly changeLog: number;
  /** Whether the server has the function. */
  readonly byFunction: boolean;
  /** To notify on; null: nobody can be notified. */
  readonly channel: string | null;
  readonly faults: Faults;
}

export class Committer {
  readonly #connections: Connections;
  readonly #options: CommitterOptions;
  readonly #schema: string;
  readonly #writer = randomBytes(16);
  #seq = 0;
  #session: SingleSession | undefined;

  constructor(connections: Connections, options: CommitterOptions) {
    this.#connections = connections;
    this.#options = options;
    this.#schema = quoted(connections.settings.schema);
  }

  /** Results in the order of the atomics. Never rejects. */
  async commit(atomics: readonly PackedAtomic[]): Promise<PackedResult[]> {
    try {
      return await this.#group(atomics);
    } catch (thrown) {
      const error = asKvError(thrown);
      // What is left of a full disk may do for some of them, and what is wrong with one is not with all.
      const alone = error.code === "full" || error.code === "fatal" || error.code === "corrupt";
      if (!alone || atomics.length === 1)
        return atomics.map(() => ({ type: "error", code: error.code, message: error.message }));
      const results: PackedResult[] = [];
      for (const atomic of atomics) results.push(...(await this.commit([atomic])));
      return results;
    } finally {
      this.#session?.hold(false);
    }
  }

  /** Forgets what was kept for sending again. */
  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    try {
      await session.run({
        text: `DELETE FROM ${this.#schema}.writer WHERE id = $1`,
        values: [bytea(this.#writer)],
        limit: CLOSING,
      });
    } catch (error) {
      // Then a row stays behind, and whoever commits a day later removes it.
      if (failureOf(error, this.#connections.settings).kind === "final") throw error;
    }
    session.abandon();
  }

  async #group(atomics: readonly PackedAtomic[]): Promise<PackedResult[]> {
    const { faults, now, changeLog, channel } = this.#options;
    const { settings } = this.#connections;
    const group: Group = {
      atomics,
      writer: this.#writer,
      seq: ++this.#seq,
      now: now(),
      keep: changeLog,
      channel,
    };
    if (faults.at("beforeBegin")) throw planned("beforeBegin");
    if (faults.at("diskFull"))
      throw kvError("full", `The server of ${settings.name} has no room left on its disk (a planned fault)`);
    if (faults.at("committerDies")) {
      this.#session?.abandon();
      throw doubtful("committerDies");
    }
    /**
     * Once the connection was lost with the group on its way, only a result tells: the server may be slow to
     * see that we are gone, and commit it after all.
     */
    let unknown = false;
    try {
      return await this.#connections.patiently(async () => {
        let sent = false;
        const session = await this.#connected();
        try {
          return await this.#attempt(session, group, () => {
            sent = true;
          });
        } catch (error) {
          const { kind } = failureOf(error, settings);
          if (kind === "gone" && sent) unknown = true;
          // One that takes no writes is perhaps no longer the one to ask.
          if (kind !== "final") this.#drop(session);
          throw error;
        }
      });
    } catch (error) {
      const final = asKvError(error);
      if (!unknown) throw final;
      throw kvError(
        "commit-unknown",
        `A commit to ${settings.name} may or may not have happened: ${final.message}`,
        { cause: final },
      );
    }
  }

  async #attempt(session: SingleSession, group: Group, sent: () => void): Promise<PackedResult[]> {
    const { faults, byFunction } = this.#options;
    const sums = group.atomics.some(({ changes }) => changes.some(({ op }) => op === "add"));
    const rollBack = faults.at("afterApply") ?? faults.at("beforeCommit");
    const results =
      byFunction && !sums
        ? await this.#call(session, group, sent, rollBack?.at)
        : await commitByStatements(session, this.#schema, group, () => {
            if (rollBack !== undefined) throw planned(rollBack.at);
            sent();
          });
    if (faults.at("beforeAck")) {
      session.abandon();
      throw doubtful("beforeAck");
    }
    const doubt = faults.at("fsyncError") ?? faults.at("afterCommit");
    if (doubt !== undefined) throw doubtful(doubt.at);
    return results;
  }

  async #call(
    session: SingleSession,
    { writer, seq, now, keep, channel, atomics }: Group,
    sent: () => void,
    rollBack: FaultPoint | undefined,
  ): Promise<PackedResult[]> {
    const call: Statement = {
      name: "commit",
      text: commitCall(this.#schema),
      values: [bytea(writer), seq, now, keep, channel, ...writtenDown(atomics)],
    };
    if (rollBack !== undefined) {
      await session.run({ text: "BEGIN" });
      await session.run(call);
      await session.run({ text: "ROLLBACK" });
      throw planned(rollBack);
    }
    sent();
    const rows = await session.run(call);
    return fromInt8Array(rows[0]?.[0]).map(resultOf);
  }

  async #connected(): Promise<SingleSession> {
    if (this.#session === undefined) {
      const session = await this.#connections.single((lost) => {
        if (this.#session === lost) this.#session = undefined;
      });
      // What processes that were killed have left.
      this.#session = session;
      try {
        await session.run({ text: `DELETE FROM ${this.#schema}.writer WHERE at < now() - interval '1 day'` });
      } catch (error) {
        this.#drop(session);
        throw error;
      }
    }
    const session = this.#session;
    if (session === undefined) throw new Error("the connection was lost");
    session.hold(true);
    return session;
  }

  #drop(session: SingleSession): void {
    session.abandon();
    if (this.#session === session) this.#session = undefined;
  }
}

const planned = (point: FaultPoint): KvError =>
  kvError("fatal", `A planned fault (${point}): nothing was committed`);

/** As if the server did not come back in time. */
const doubtful = (point: FaultPoint): KvError =>
  kvError("commit-unknown", `A planned fault (${point}): the commit may or may not have happened`);
