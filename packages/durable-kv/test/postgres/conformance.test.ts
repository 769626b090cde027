/** A PostgreSQL store passes the conformance suite, with either way to commit and either way to watch. */
import { randomUUID } from "node:crypto";
import { type PostgresServer, postgresOrSkip, startPostgres } from "@sorbus/postgres-server";
import { afterAll, beforeAll, describe } from "vitest";
import { open, type PostgresOptions } from "../../src/index.ts";
import { type Backend, conformance } from "../suite/backend.ts";

describe.skipIf(!postgresOrSkip())("on a server", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ settings: { max_connections: "200" } });
  });
  afterAll(() => server.stop());

  const backend = (name: string, postgres: PostgresOptions, runs: number): Backend => {
    const place: Backend["place"] = () => {
      const schema = randomUUID();
      return (options) => open({ postgres, ...options, url: `${server.url}?schema=${schema}` });
    };
    return { name, place, open: (options) => place()(options), runs, bounded: false };
  };

  conformance(backend("postgres", {}, 15));
  conformance(
    backend("postgres by plain statements and polling", { commitBy: "statements", wakeBy: "polling" }, 15),
  );
});
