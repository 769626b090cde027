/**
 * A page that reads a store on disk in `map` in the comparator of `sort` in `guard`, over real sockets, many
 * requests at once: it is the same however the reads are answered, and each read happens once.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open, type Store } from "@sorbus/durable-kv";
import type { OpDeclaration } from "@sorbus/io-resolver";
import { kvOps } from "@sorbus/io-resolver/kv";
import { type Answers, createRuntime } from "sorbus";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveApp } from "../src/index.ts";
import { watched } from "./support.ts";

const ANSWERS: readonly Answers[] = ["inline", "suspend", "async", "freeze"];
const REQUESTS = 12;
const folder: string = mkdtempSync(join(tmpdir(), "http-host-"));
let store: Store;

beforeAll(async () => {
  store = await open({ url: `sqlite:${folder}` });
  for (let reader = 0; reader < REQUESTS; reader++) {
    await store.set(["list", String(reader)], ["c", "a", "gone", "b", "d"]);
    for (const [i, name] of ["a", "b", "c", "d"].entries()) {
      await store.set(["post", String(reader), name], {
        title: `${name} of ${reader}`,
        rank: (i + reader) % 4,
      });
    }
  }
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** How many comparisons there are is the sort's affair; that they are the same each time is not. */
const PROGRAM = `
(define (post reader name)
  (or (perform :kv/get (list "post" reader name)) (error "no such post" name)))

(define (handler request)
  (let [reader (get-in request (list :query :reader))
        missing (vector)
        names (flat-map
                (fn (name)
                  (guard (e ((error? e) (vector-push! missing name) (list)))
                    (list (do (post reader name) name))))
                (perform :kv/get (list "list" reader)))]
    (guard (why (true (p "sorted in vain: " (str why))))
      (<>
        (ol (map (fn (name) (li (get (post reader name) :title)))
                 (sort (fn (a b) (apply < (map (fn (name) (get (post reader name) :rank)) (list a b)))) names)))
        (p "missing: " (map str missing))))))
`;

interface Served {
  /** By reader. */
  readonly pages: readonly string[];
  /** What each reader's request read, in order. */
  readonly reads: readonly (readonly string[])[];
}

async function serve(answers: Answers, slow: boolean): Promise<Served> {
  const reads: string[][] = Array.from({ length: REQUESTS }, () => []);
  const ops = kvOps(store).map(
    (op): OpDeclaration => ({
      ...op,
      handler: (args, context) => {
        const [key] = args as [string[]];
        reads[Number(key[1])]?.push(key.join("/"));
        if (!slow) return op.handler(args, context);
        // Answers come in another order than they were asked for.
        const turns = (Number(key[1]) * 7) % 5;
        return new Promise((resolve) => setTimeout(resolve, turns)).then(() => op.handler(args, context));
      },
    }),
  );
  const runtime = createRuntime({ ops, answers });
  await runtime.eval(PROGRAM, { file: "app.sx" });
  const server = await watched((log) =>
    serveApp({ runtime, app: runtime.global("handler"), port: 0, drain: 200, log }),
  );
  const get = async (reader: number): Promise<string> => {
    const response = await fetch(`${server.url}/?reader=${reader}`);
    return `${response.status} ${await response.text()}`;
  };
  // The very first request of the process is one of many.
  const pages = await Promise.all(Array.from({ length: REQUESTS }, (_, reader) => get(reader)));
  return { pages, reads };
}

let reference: Served;
beforeAll(async () => {
  reference = await serve("inline", false);
});

test("the pages are right", () => {
  expect(reference.pages[0]).toBe(
    "200 <ol><li>a of 0</li><li>b of 0</li><li>c of 0</li><li>d of 0</li></ol><p>missing: gone</p>",
  );
  expect(reference.pages[2]).toBe(
    "200 <ol><li>c of 2</li><li>d of 2</li><li>a of 2</li><li>b of 2</li></ol><p>missing: gone</p>",
  );
});

test("every read happens once: the list, each name, two for each comparison, each title", () => {
  for (const [reader, reads] of reference.reads.entries()) {
    expect(reads[0]).toBe(`list/${reader}`);
    expect(reads.slice(1, 6)).toEqual(["c", "a", "gone", "b", "d"].map((name) => `post/${reader}/${name}`));
    expect(reads.slice(-4)).toEqual(
      [...(reference.pages[reader] ?? "").matchAll(/<li>(.) of/g)].map(
        ([, name]) => `post/${reader}/${name}`,
      ),
    );
    const comparisons = (reads.length - 1 - 5 - 4) / 2;
    // Four items: three comparisons at least, six at most.
    expect([3, 4, 5, 6]).toContain(comparisons);
  }
});

test.each(ANSWERS.flatMap((answers) => [[answers, false] as const, [answers, true] as const]))(
  "answered by %s, reads that take time: %s",
  async (answers, slow) => {
    expect(await serve(answers, slow)).toEqual(reference);
  },
);
