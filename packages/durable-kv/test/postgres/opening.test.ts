/** What a person is told when a PostgreSQL store cannot be opened. */
import { createServer } from "node:net";
import { type PostgresServer, postgresOrSkip, startPostgres } from "@sorbus/postgres-server";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KvError, open, type PostgresOptions } from "../../src/index.ts";
import { requireVersion } from "../../src/postgres/schema.ts";
import { Connections } from "../../src/postgres/session.ts";
import { settingsOf } from "../../src/postgres/settings.ts";

async function failure(url: string, postgres: PostgresOptions = {}): Promise<KvError> {
  const error = await open({ url, postgres }).then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof KvError)) throw new Error("no KvError", { cause: error });
  expect(error.message).not.toContain("not-a-secret");
  return error;
}

describe("without a server", () => {
  test("a host that does not exist", async () => {
    const { code, message } = await failure("postgres://someone:not-a-secret@nowhere.invalid/db");
    expect(code).toBe("unreachable");
    expect(message).toMatch(
      /^The server of postgres:\/\/nowhere\.invalid\/db cannot be reached: (there is no such host|the host's name cannot be looked up)/,
    );
  });

  test("a port where nothing listens", async () => {
    const { code, message } = await failure("postgres://someone:not-a-secret@127.0.0.1:1/db");
    expect(code).toBe("unreachable");
    expect(message).toContain("nothing listens there: is the server running");
  });

  test("something that is no PostgreSQL", async () => {
    const other = createServer((socket) =>
      socket.on("error", () => undefined).write("HTTP/1.1 400 Bad Request\r\n\r\n"),
    );
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const address = other.address();
    const port = typeof address === "object" ? address?.port : 0;
    const { code } = await failure(`postgres://a:not-a-secret@127.0.0.1:${port}/db`, { connectTimeout: 300 });
    expect(code).toBe("unreachable");
    other.close();
  });

  test.each([
    ["postgres://a:not-a-secret@h:port/db", "write postgres://USER:PASSWORD@HOST:PORT/DATABASE"],
    ["postgres://h/db?schema=", "cannot be the schema of a store"],
    ["postgres://h/db?schema=pg_mine", "cannot be the schema of a store"],
    [`postgres://h/db?schema=${"x".repeat(60)}`, "cannot be the schema of a store"],
  ])("%s", async (url, message) => {
    expect(await failure(url)).toMatchObject({ code: "url", message: expect.stringContaining(message) });
  });

  test("options that make no sense", async () => {
    const url = "postgres://h/db";
    await expect(open({ url, postgres: { connections: 0 } })).rejects.toThrow("connections must be");
    await expect(open({ url, maxBytes: 1 })).rejects.toThrow("maxBytes is for embedded stores");
  });

  test("a server that is too old", () => {
    expect(() => requireVersion(90_624, "x")).toThrow("is PostgreSQL 9.6, and durable-kv needs 11 or newer");
    expect(() => requireVersion(100_023, "x")).toThrow("is PostgreSQL 10,");
    requireVersion(110_000, "x");
  });
});

describe.skipIf(!postgresOrSkip())("with a server", () => {
  let server: PostgresServer;
  let admin: pg.Client;
  beforeAll(async () => {
    server = await startPostgres();
    admin = new pg.Client(server.url);
    await admin.connect();
  });
  afterAll(async () => {
    await admin.end();
    await server.stop();
  });

  const url = (change: (url: URL) => void): string => {
    const changed = new URL(server.url);
    change(changed);
    return changed.href;
  };

  test("a wrong password", async () => {
    const { code, message } = await failure(
      url((u) => {
        u.password = "wrong";
      }),
    );
    expect(code).toBe("url");
    expect(message).toContain("refuses the user or the password");
    expect(message).not.toContain("wrong");
  });

  test("no password", async () => {
    const { code, message } = await failure(
      url((u) => {
        u.password = "";
      }),
    );
    expect(code).toBe("url");
    expect(message).toContain("asks for a password");
  });

  test("a database that does not exist", async () => {
    const { code, message } = await failure(
      url((u) => {
        u.pathname = "/nothing";
      }),
    );
    expect(code).toBe("url");
    expect(message).toContain("has no such database");
  });

  test("a user who may not make a schema; who may use one that is there", async () => {
    await admin.query("CREATE ROLE guest LOGIN PASSWORD 'guest'");
    const asGuest = url((u) => {
      u.username = "guest";
      u.password = "guest";
      u.searchParams.set("schema", "shared");
    });
    expect(await failure(asGuest)).toMatchObject({
      code: "unwritable",
      message: expect.stringContaining("the user lacks a privilege"),
    });
    const owner = await open({ url: url((u) => u.searchParams.set("schema", "shared")) });
    await owner.set(["a"], 1);
    await admin.query("GRANT USAGE ON SCHEMA shared TO guest");
    await admin.query("GRANT ALL ON ALL TABLES IN SCHEMA shared TO guest");
    const guest = await open({ url: asGuest });
    await guest.set(["b"], 2);
    expect((await owner.get(["b"]))?.value).toBe(2);
    expect((await guest.get(["a"]))?.value).toBe(1);
    await guest.close();
    await owner.close();
  });

  test("a newer format", async () => {
    const newer = url((u) => u.searchParams.set("schema", "newer"));
    await (await open({ url: newer })).close();
    await admin.query("UPDATE newer.meta SET format = 99");
    const { code, message } = await failure(newer);
    expect(code).toBe("newer-format");
    expect(message).toContain("has the format 99");
  });

  test("a schema with somebody else's tables", async () => {
    await admin.query("CREATE SCHEMA theirs; CREATE TABLE theirs.meta (name text)");
    expect(await failure(url((u) => u.searchParams.set("schema", "theirs")))).toMatchObject({
      code: "corrupt",
      message: expect.stringContaining("choose another schema"),
    });
  });

  test("ten processes that make one store at once make one store", async () => {
    const one = url((u) => u.searchParams.set("schema", "at once"));
    const stores = await Promise.all(Array.from({ length: 10 }, () => open({ url: one })));
    await Promise.all(stores.map((store) => store.atomic().add(["n"], 1).commit()));
    expect((await stores[0]?.get(["n"]))?.value).toBe(10);
    await Promise.all(stores.map((store) => store.close()));
  });

  test("odd names of schemas are names", async () => {
    const odd = url((u) => u.searchParams.set("schema", `a"b'; DROP TABLE x; --`));
    const store = await open({ url: odd });
    await store.set(["a"], 1);
    const watch = store.watch({ prefix: [] })[Symbol.asyncIterator]();
    const next = watch.next();
    await store.set(["b"], 1);
    expect((await next).value).toMatchObject([{ key: ["b"] }]);
    await watch.return?.();
    await store.close();
  });

  test("a server whose defaults are others: commits are synced, and see what came before them", async () => {
    await admin.query(
      `CREATE ROLE hasty SUPERUSER LOGIN PASSWORD 'hasty';
       ALTER ROLE hasty SET synchronous_commit = off;
       ALTER ROLE hasty SET default_transaction_isolation = 'serializable';
       ALTER ROLE hasty SET bytea_output = 'escape'`,
    );
    const hasty = url((u) => {
      u.username = "hasty";
      u.password = "hasty";
      u.searchParams.set("schema", "hasty");
    });
    const limits = { lockTimeout: 30_000, pollInterval: 50 };
    const connections = await Connections.make(settingsOf(hasty, {}, limits));
    const shown = async (name: string): Promise<unknown> =>
      (await connections.read({ text: `SHOW ${name}` }))[0]?.[0];
    expect(await shown("synchronous_commit")).toBe("on");
    expect(await shown("transaction_isolation")).toBe("read committed");
    await connections.close();
    for (const commitBy of ["function", "statements"] as const) {
      const stores = await Promise.all([1, 2, 3].map(() => open({ url: hasty, postgres: { commitBy } })));
      await Promise.all(
        stores.flatMap((store) =>
          Array.from({ length: 30 }, () => store.atomic().add(["sum", commitBy], 1n).commit()),
        ),
      );
      // Compare and set, against each other.
      await Promise.all(
        stores.map(async (store) => {
          for (let done = 0; done < 20; ) {
            const entry = await store.get<number>(["cas", commitBy]);
            const { ok } = await store
              .atomic()
              .check(["cas", commitBy], entry?.version ?? null)
              .set(["cas", commitBy], (entry?.value ?? 0) + 1)
              .commit();
            if (ok) done++;
          }
        }),
      );
      expect((await stores[0]?.get(["sum", commitBy]))?.value).toBe(90n);
      expect((await stores[0]?.get(["cas", commitBy]))?.value).toBe(60);
      await Promise.all(stores.map((store) => store.close()));
    }
  });

  test("names are forgotten after a day and ten thousand commits, and not before", async () => {
    let now = 1_000_000_000;
    const names = url((u) => u.searchParams.set("schema", "names"));
    const store = await open({ url: names, now: () => now, postgres: { commitBy: "function" } });
    const commits = async (count: number): Promise<void> => {
      await Promise.all(Array.from({ length: count }, () => store.set(["k"], 1)));
    };
    const first = await store.atomic({ txnId: "a" }).set(["a"], 1).commit();
    const again = () => store.atomic({ txnId: "a" }).set(["a"], 1).commit();
    await commits(11_500);
    expect(await again()).toEqual(first);
    now += 2 * 86_400_000;
    expect(await again()).toEqual(first);
    await commits(1_500);
    expect(await again()).not.toEqual(first);
    await store.close();
  });

  test("a store that is closed says so", async () => {
    const store = await open({ url: server.url });
    await store.close();
    await expect(store.get(["a"])).rejects.toMatchObject({ code: "closed" });
    await expect(store.set(["a"], 1)).rejects.toMatchObject({ code: "closed" });
  });
});
