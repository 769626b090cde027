/** `kv/transaction`, `kv/watch` and reads of concurrent fibers, over a real store and one that counts its round trips. */
import { open, type Store } from "@sorbus/durable-kv";
import type { KvLike } from "@sorbus/io-resolver/kv";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRuntime, type Runtime, storeOps } from "../src/index.ts";

let store: Store;
beforeEach(async () => {
  store = await open({ url: "memory:" });
});
afterEach(() => store.close());

/** As the store behaves beyond this machine: nothing is answered at once, and every trip is counted. */
function remote(trips: string[] = []): KvLike {
  const trip = <T>(name: string, answer: () => Promise<T>): Promise<T> => {
    trips.push(name);
    return new Promise<void>((resolve) => setImmediate(resolve)).then(answer);
  };
  return {
    get: (key) => trip("get", () => store.get(key as never)),
    getMany: (keys) => trip("getMany", () => store.getMany(keys as never)),
    list: (selector, options) => trip("list", () => store.list(selector as never, options)),
    set: (key, value, options) => trip("set", () => store.set(key as never, value, options)),
    delete: (key) => trip("delete", () => store.delete(key as never)),
    atomic: (options) => (store.atomic as NonNullable<KvLike["atomic"]>).call(store, options),
    watch: (selector, options) => store.watch(selector as never, options) as never,
  };
}

const runtimes = (): [string, Runtime][] => [
  ["inline", createRuntime({ ops: storeOps(store as never) })],
  ["remote", createRuntime({ ops: storeOps(remote()) })],
];

describe("concurrent reads", () => {
  test("pmap over 1,000 keys makes a round trip or two, with the results in order; map stays sequential", async () => {
    for (let i = 0; i < 1000; i++) void store.set([`k${i}`], i);
    await store.set(["last"], 1);
    const trips: string[] = [];
    const runtime = createRuntime({ ops: storeOps(remote(trips)) });
    const ask = '(fn (i) (perform :kv/get (str "k" i)))';
    const wanted = Array.from({ length: 1000 }, (_, i) => i);
    expect(await runtime.eval(`(pmap ${ask} (range 1000))`)).toEqual(wanted);
    expect(trips.length).toBeLessThanOrEqual(10);
    expect(new Set(trips)).toEqual(new Set(["getMany"]));
    trips.length = 0;
    // Twice in each fiber: what they ask next is asked together too.
    await runtime.eval(`(pmap (fn (i) (+ (${ask} i) (${ask} i))) (range 1000))`);
    expect(trips.length).toBeLessThanOrEqual(10);
    trips.length = 0;
    expect(await runtime.eval(`(map ${ask} (range 5))`)).toEqual([0, 1, 2, 3, 4]);
    expect(trips).toEqual(["getMany", "getMany", "getMany", "getMany", "getMany"]);
  });

  test("a store that answers at once is asked at once", () => {
    const runtime = createRuntime({ ops: storeOps(store as never) });
    expect(runtime.eval('(pmap (fn (k) (perform :kv/get k)) (list "a" "b"))')).toEqual([null, null]);
  });
});

describe("kv/transaction", () => {
  test("what concurrent fibers add is all there", async () => {
    for (const [how, runtime] of runtimes()) {
      await store.set(["n"], 0);
      await runtime.eval(`
        (define (increment) (kv/transaction (fn (tx) (tx :set "n" (+ 1 (tx :get "n"))))))
        (pmap (fn (i) (increment)) (range 20))`);
      expect([how, (await store.get(["n"]))?.value]).toEqual([how, 20]);
    }
  });

  test("a transfer is whole or not at all, whatever its body calls", async () => {
    for (const [, runtime] of runtimes()) {
      await store.set(["ada"], 10);
      await store.set(["bob"], 0);
      const result = await runtime.eval(`
        (define (balance who) (perform :kv/get who))
        (define (transfer from to n)
          (kv/transaction
            (fn (tx)
              (perform :kv/set from (- (balance from) n))
              (tx :add to n)
              (when (< (balance from) 0) (error "not enough" from))
              (list (balance from) (balance (list to))))))
        (list
          (transfer "ada" "bob" 4)
          (guard (e (true (error-message e))) (transfer "ada" "bob" 40))
          (balance "ada") (balance "bob"))`);
      expect(result).toEqual([[6, 4], "not enough", 6, 4]);
    }
  });

  test("is called again when what it has read was changed meanwhile, and its effects on the store are applied once", async () => {
    await store.set(["a"], 1);
    let calls = 0;
    const runtime = createRuntime({
      ops: [
        ...storeOps(store as never),
        {
          name: "test/meddle",
          purity: "write",
          handler: async () => {
            if (++calls === 1) await store.set(["a"], 10);
            return calls;
          },
        },
      ],
    });
    const value = await runtime.eval(`
      (kv/transaction
        (fn (tx)
          (let ((a (tx :get "a")) (call (perform :test/meddle)))
            (tx :set "b" (list a call))
            (tx :add "count" 1)
            (list a (tx :get "a") call))))`);
    expect(value).toEqual([10, 10, 2]);
    expect(await runtime.eval('(list (perform :kv/get "b") (perform :kv/get "count"))')).toEqual([
      [10, 2],
      1,
    ]);
  });

  test("one that raises for what never was there together is called again", async () => {
    await store.atomic().set(["x"], 1).set(["y"], 1).commit();
    let calls = 0;
    const runtime = createRuntime({
      ops: [
        ...storeOps(store as never),
        {
          name: "test/meddle",
          purity: "write",
          handler: async () => {
            if (++calls === 1) await store.atomic().set(["x"], 2).set(["y"], 2).commit();
          },
        },
      ],
    });
    const text = `(kv/transaction (fn (tx)
      (let ((x (tx :get "x")))
        (perform :test/meddle)
        (if (= x (tx :get "y")) x (error "torn")))))`;
    expect(await runtime.eval(text)).toBe(2);
  });

  test("one within another is part of it; fibers within it too", async () => {
    for (const [, runtime] of runtimes()) {
      const value = await runtime.eval(`
        (guard (e (true (list (error-message e) (perform :kv/get "in") (perform :kv/get "p1"))))
          (kv/transaction
            (fn (tx)
              (kv/transaction (fn (inner) (inner :set "in" 1)))
              (assert (= (tx :get "in") 1))
              (pmap (fn (i) (perform :kv/set (str "p" i) i)) (range 3))
              (assert (= (tx :get "p2") 2))
              (error "after all"))))`);
      expect(value).toEqual(["after all", null, null]);
    }
  });

  test("what was listed is part of it: a new key under the prefix calls it again", async () => {
    for (const [, runtime] of runtimes()) {
      await store
        .atomic()
        .deleteRange({ prefix: ["seat"] })
        .set(["seat", 1], "ada")
        .commit();
      const value = await runtime.eval(`
        (define (take who)
          (kv/transaction
            (fn (tx)
              (let ((n (+ 1 (len (tx :list '("seat"))))))
                (tx :set (list "seat" n) who)
                (tx :delete '("seat" 0))
                (len (tx :list '("seat") {:limit 10}))))))
        (pmap (fn (i) (take (str "guest" i))) (range 6))
        (map (fn ([key _]) (nth key 1)) (perform :kv/list '("seat")))`);
      expect(value).toEqual([1, 2, 3, 4, 5, 6, 7]);
    }
  });

  test("values keep their kinds", async () => {
    const runtime = createRuntime({ ops: storeOps(store as never) });
    expect(
      await runtime.eval(`
        (kv/transaction (fn (tx) (tx :set "s" (set 'a 1n)) (tx :set (list "v" 1) {:m (p "x < y")}) (tx :delete "none")))
        (str (inspect (perform :kv/get "s")) (inspect (perform :kv/entry "none")) (inspect (perform :kv/get (list "v" 1))))`),
    ).toBe('#set (a 1n)nil{:m #markup "<p>x &lt; y</p>"}');
  });
});

test("logs and blobs keep the language's values", async () => {
  const runtime = createRuntime({ ops: storeOps(store as never) });
  expect(
    await runtime.eval(`
      (define first-at (perform :log/append "events" {:n 1 :kind 'a}))
      (perform :log/append "events" (set 1 2))
      (define id (perform :blob/put "text"))
      (list
        (map (fn ([_ v]) (inspect v)) (perform :log/read "events"))
        (inspect (nth (perform :log/next "events" first-at) 1))
        (perform :log/append-expect "events" first-at 3)
        (perform :log/append-expect "empty" nil 3)
        (perform :log/count "events")
        (len (perform :log/read "events" nil {:limit 1 :reverse true}))
        (bytes->string (perform :blob/get id)) (perform :blob/size id)
        (perform :blob/delete id) (perform :blob/get id))`),
  ).toEqual([
    ["{:n 1 :kind a}", "#set (1 2)"],
    "#set (1 2)",
    false,
    expect.any(String),
    2,
    1,
    "text",
    4,
    true,
    null,
  ]);
  await expect((async () => runtime.eval('(perform :blob/get "x")'))()).rejects.toThrow(
    "id must come from :blob/put",
  );
});

describe("kv/watch", () => {
  test("gives each change once, in order, also those between two looks", async () => {
    for (const [, runtime] of runtimes()) {
      const seen = runtime.eval(`
        (define w (kv/watch "post/"))
        (define ready (perform :kv/set "ready" true))
        (let loop ((seen '()))
          (if (>= (len seen) 4)
            seen
            (loop (concat seen (map (fn (c) (list (get c :type) (get c :key))) (kv/next w))))))`) as Promise<unknown>;
      await waitFor("ready");
      await store.set(["post/1"], 1);
      await store.set(["other"], 1);
      await store.atomic().set(["post/2"], 1).set(["post/3"], 1).commit();
      await store.delete(["post/1"]);
      expect(await seen).toEqual([
        ["set", "post/1"],
        ["set", "post/2"],
        ["set", "post/3"],
        ["delete", "post/1"],
      ]);
      await store.atomic().delete(["ready"]).delete(["post/2"]).delete(["post/3"]).commit();
    }
  });

  async function waitFor(key: string): Promise<void> {
    if ((await store.get([key])) !== null) return;
    for await (const changes of store.watch([[key]])) if (changes !== "resync") return;
  }

  test("ends when its fiber is cancelled", async () => {
    const runtime = createRuntime({ ops: storeOps(store as never) });
    const controller = new AbortController();
    const waiting = runtime.evalValue('(kv/next (kv/watch ""))', { signal: controller.signal });
    const outcome = Promise.resolve(waiting).catch((error: unknown) => runtime.report(error));
    await new Promise(setImmediate);
    controller.abort(new Error("enough"));
    expect(await outcome).toContain("enough");
  });
});
