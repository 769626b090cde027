/** A program is replaced a hundred times while it serves, and nobody notices. */
import { createRuntime } from "sorbus";
import { expect, test } from "vitest";
import { type ProgramServer, serveProgram } from "../src/index.ts";
import { crowd } from "./load.ts";
import { deferred } from "./support.ts";

async function program(text: () => string, ops: Record<string, () => unknown> = {}): Promise<ProgramServer> {
  return serveProgram({
    port: 0,
    log: () => {},
    load: async () => {
      const runtime = createRuntime({ ops });
      await runtime.eval(text(), { file: "app.sx" });
      return { runtime, app: runtime.global("app") };
    },
  });
}

test("zero failed requests over 100 swaps, some of them to programs that do not compile", async () => {
  let generation = 0;
  let broken = false;
  await using server = await program(() =>
    broken
      ? "(define (app request) (no-such-thing"
      : `(define (app request) (str "generation " ${generation}))`,
  );
  const failures: string[] = [];
  let answers = 0;
  const load = crowd(server.port, 8, async (client, going) => {
    let last = 0;
    while (going()) {
      const { status, body } = await client.ask("/");
      answers++;
      const now = Number(/^generation (\d+)$/.exec(body)?.[1] ?? -1);
      // Nobody goes back in time.
      if (status !== 200 || now < last) failures.push(`${status} ${body} after ${last}`);
      last = now;
    }
  });
  for (let swap = 1; swap <= 100; swap++) {
    const before = answers;
    generation = swap;
    broken = swap % 10 === 0;
    expect((await server.reload()).ok).toBe(!broken);
    if (broken) generation = swap - 1;
    // Not faster than somebody sees it.
    while (answers < before + 8) await new Promise((resolve) => setImmediate(resolve));
    const page = await (await fetch(server.url)).text();
    expect(page).toBe(`generation ${broken ? swap - 1 : swap}`);
  }
  await load.stop();
  expect(failures).toEqual([]);
  expect(server.counters.swaps).toBe(90);
});

test("what is under way is finished by the program that began it", async () => {
  const gate = deferred<string>();
  const begun = deferred();
  let name = "old";
  await using server = await program(
    () =>
      `(define name "${name}") (define (app request) (if (= (get request :path) "/slow") (str name " " (perform :gate)) name))`,
    {
      gate: () => {
        begun.resolve();
        return gate.promise;
      },
    },
  );
  const slow = fetch(`${server.url}/slow`).then((response) => response.text());
  await begun.promise;
  name = "new";
  expect(await server.reload()).toEqual({ ok: true });
  expect(await (await fetch(server.url)).text()).toBe("new");
  gate.resolve("finished");
  expect(await slow).toBe("old finished");
});
