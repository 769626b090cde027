/** Durable fibers over processes, each a runtime with the program and the store it shares with the others. */
import type { Store } from "@sorbus/durable-kv";
import type { OpDeclaration } from "@sorbus/io-resolver";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DurableFibers } from "../src/index.ts";
import { memory, type Process, process_ } from "./support.ts";

let store: Store;
const open: Process[] = [];
beforeEach(async () => {
  store = await memory();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ fibers }) => fibers.stop()));
  await store.close();
});

const start: typeof process_ = async (...args) => {
  const made = await process_(...args);
  open.push(made);
  return made;
};

/** Resolves when `is` does. */
async function until(is: () => unknown): Promise<void> {
  while (!(await is())) await new Promise((resolve) => setTimeout(resolve, 2));
}

async function keys(): Promise<string[]> {
  const { entries } = await store.list({ prefix: [] });
  return entries.map(({ key }) => String(key[0])).filter((kind) => kind !== "unit");
}

describe("(durable name thunk)", () => {
  test("gives the value of the thunk; another call of that name gives the same, and calls nothing", async () => {
    const asked: number[] = [];
    const { runtime } = await start(store, "", { ask: (n: number) => asked.push(n) });
    const text = '(durable "one" (fn () (map (fn (n) (* 10 (perform :ask n))) (list 7 8))))';
    expect(await runtime.eval(text)).toEqual([10, 20]);
    expect(await runtime.eval(text)).toEqual([10, 20]);
    expect(asked).toEqual([7, 8]);
    expect(await keys()).toEqual(["fiber", "result"]);
  });

  test("raises what the fiber raises, with its place, also later", async () => {
    const { runtime } = await start(store, '(define (go)\n  (durable "bad" (fn () (error "no good" 7))))');
    const failed = { message: "no good", kind: "user", data: [7] };
    await expect(runtime.call("go")).rejects.toMatchObject(failed);
    await expect(runtime.call("go")).rejects.toMatchObject(failed);
  });

  test("concurrent fibers within, races and timeouts, errors of handlers", async () => {
    const { runtime } = await start(store, "", {
      slow: (n: number) => new Promise((resolve) => setTimeout(() => resolve(n), n)),
      fail: () => Promise.reject(new Error("no")),
    });
    expect(
      await runtime.eval(`(durable "many" (fn ()
        (list
          (pmap (fn (n) (perform :slow n)) (list 9 1 5))
          (race (perform :slow 1000000) (perform :slow 1))
          (guard (e (true (error-kind e))) (timeout 5 (perform :slow 1000000)))
          (guard (e (true (error-message e))) (perform :fail)))))`),
    ).toEqual([[9, 1, 5], 1, "timeout", "no"]);
  });

  test("what cannot be frozen is refused where it is started", async () => {
    const { runtime } = await start(store, '(define (go f) (durable "host" (fn () (f))))');
    await expect(runtime.call("go", () => 1)).rejects.toThrow(/cannot freeze/);
    expect(await keys()).toEqual([]);
  });

  test("names are checked", async () => {
    const { runtime } = await start(store, "");
    for (const name of ['""', "5", `"${"x".repeat(501)}"`])
      await expect((async () => runtime.eval(`(durable ${name} (fn () 1))`))()).rejects.toThrow(/name/);
  });
});

/** Resolves when the fiber has run, and has left the memory again. */
const asleep = (fibers: DurableFibers, name: string): Promise<void> =>
  until(async () => {
    const status = await fibers.status(name);
    return status?.status === "waiting" && status.due !== status.created && fibers.running === 0;
  });

/** A process that has died: it asks for nothing more, and what it has is free when its lease has run out. */
async function killed(
  store: Store,
  program: string,
  ops: Parameters<typeof process_>[2],
  at: (point: string) => boolean,
  begin: string,
  more: readonly OpDeclaration[] = [],
) {
  let dead = false;
  const blocked = new Proxy(store, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => (dead ? new Promise(() => {}) : Reflect.apply(value, target, args));
    },
  });
  const { runtime } = await process_(blocked, program, ops, {
    lease: 100,
    more,
    onPoint: (point) => {
      if (!dead && at(point)) {
        dead = true;
        throw new Error("killed");
      }
    },
  });
  void Promise.resolve(runtime.eval(begin)).catch(() => {});
  await until(() => dead);
}

describe("after the process has died", () => {
  const program = `
    (define (work)
      (map
        (fn (n)
          (guard (e ((= (error-kind e) "unknown") (list "unknown" (error-data e))))
            (perform :work n)))
        (range 4)))`;
  const begin = '(durable "w" work)';

  function counting(): { asked: number[]; ops: { work: (n: number) => number } } {
    const asked: number[] = [];
    return { asked, ops: { work: (n) => asked.push(n) } };
  }

  test.each([1, 2, 3, 4])(
    "before answer %i is on record: its outcome is unknown, the others are not asked for again",
    async (n) => {
      const { asked, ops } = counting();
      let answered = 0;
      await killed(store, program, ops, (point) => point === "answered" && ++answered === n, begin);
      const { runtime } = await start(store, program, ops);
      const wanted: unknown[] = [1, 2, 3, 4];
      wanted[n - 1] = ["unknown", ["work", n - 1]];
      expect(await runtime.eval(begin)).toEqual(wanted);
      expect(asked).toEqual([0, 1, 2, 3]);
    },
  );

  test.each([1, 2, 3, 4])("when answer %i is on record: it goes on there", async (n) => {
    const { asked, ops } = counting();
    let journaled = 0;
    await killed(store, program, ops, (point) => point === "journaled" && ++journaled === n, begin);
    const { runtime } = await start(store, program, ops);
    expect(await runtime.eval(begin)).toEqual([1, 2, 3, 4]);
    expect(asked).toEqual([0, 1, 2, 3]);
  });

  test("what may be repeated is asked for again, with the same key", async () => {
    const seen: (string | undefined)[] = [];
    const more = [
      {
        name: "keyed",
        purity: "write" as const,
        idempotent: "keyed" as const,
        handler: (_: unknown, { idempotencyKey }: { idempotencyKey?: string | undefined }) =>
          seen.push(idempotencyKey),
      },
    ];
    const program = "(define (work) (list (perform :keyed) (perform :keyed)))";
    let answered = 0;
    await killed(store, program, {}, (point) => point === "answered" && ++answered === 2, begin, more);
    const { runtime } = await start(store, program, {}, { more });
    expect(await runtime.eval(begin)).toEqual([1, 3]);
    expect(seen).toEqual([seen[0], seen[1], seen[1]]);
    expect(seen[0]).toMatch(/^[0-9a-f-]{36}\/1$/);
    expect(seen[1]).toMatch(/\/2$/);
  });

  test("in a later version of the program the frames finish on their own code, and call what there is now", async () => {
    const old = `(define (rate) 2)
      (define (work) (let ((n (perform :ask 1))) (list "old" (* (rate) n) (perform :ask 2))))`;
    let journaled = 0;
    await killed(
      store,
      old,
      { ask: (n: number) => n },
      (point) => point === "journaled" && ++journaled === 1,
      begin,
    );
    const later = '(define (rate) 300) (define (work) "new")';
    const { runtime } = await start(store, later, { ask: (n: number) => n });
    expect(await runtime.eval(begin)).toEqual(["old", 300, 2]);
    expect(await runtime.eval('(durable "fresh" work)')).toBe("new");
  });

  test("snapshots replace the journal, and hold what the journal held", async () => {
    const long = "(define (work) (reduce + 0 (map (fn (n) (perform :work n)) (range 30))))";
    const { asked, ops } = counting();
    let journaled = 0;
    await killed(store, long, ops, (point) => point === "journaled" && ++journaled === 25, begin);
    const { runtime } = await start(store, long, ops, { snapshotEvery: 4 });
    expect(await runtime.eval(begin)).toBe(465);
    expect(asked).toEqual(Array.from({ length: 30 }, (_, n) => n));
  });
});

describe("two processes", () => {
  test("do not run one fiber at the same time; who has lost it writes nothing", async () => {
    const asked: string[] = [];
    const ops = (who: string) => ({
      work: async (n: number) => {
        asked.push(`${n}`);
        await new Promise((resolve) => setTimeout(resolve, 1));
        return who;
      },
    });
    const program = "(define (work) (map (fn (n) (perform :work n)) (range 50)))";
    const [a] = await Promise.all([start(store, program, ops("a")), start(store, program, ops("b"))]);
    await a?.runtime.eval('(pmap (fn (i) (durable (str "f" i) work)) (range 5))');
    expect(asked).toHaveLength(250);
  });

  test("a process that stops hands its fibers on", async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const asked: string[] = [];
    const program = "(define (work) (list (perform :once) (perform :later) (perform :once)))";
    const ops = (who: string) => ({
      once: async () => {
        asked.push(who);
        if (who === "a") await held;
        return who;
      },
      later: () => who,
    });
    const a = await start(store, program, ops("a"));
    await a.runtime.eval('(perform :durable/start "w" work)');
    await until(() => asked.length === 1);
    const stopped = a.fibers.stop();
    release();
    await stopped;
    const b = await start(store, program, ops("b"));
    expect(await b.runtime.eval('(perform :durable/result "w")')).toEqual(["a", "b", "b"]);
    expect([...a.errors, ...b.errors]).toEqual([]);
  });
});

describe("waiting", () => {
  test("signals arrive in order, also before they are waited for, from another process, and to a fiber that has left the memory", async () => {
    const program = `(define (collect)
      (let loop ((seen '()))
        (let ((next (perform :durable/wait "item")))
          (if (= next "end") seen (loop (conj seen next))))))`;
    const a = await start(store, program, {}, { evictAfter: 0 });
    const b = await start(store, program, {}, { evictAfter: 0, maxRunning: 0.5 });
    await a.runtime.eval('(perform :durable/start "c" collect)');
    await asleep(a.fibers, "c");
    for (const n of [1, 2, 3]) await b.runtime.eval(`(perform :durable/signal "c" "item" {:n ${n}})`);
    await until(async () => a.fibers.running === 0);
    await b.runtime.eval('(perform :durable/signal "c" "item" "end")');
    expect(await b.runtime.eval('(perform :durable/result "c")')).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    await until(async () => (await keys()).length === 2);
    await expect((async () => b.runtime.eval('(perform :durable/signal "c" "item" 1)'))()).rejects.toThrow(
      "it has ended",
    );
    await expect((async () => b.runtime.eval('(perform :durable/wait "x")'))()).rejects.toThrow(
      "in a durable fiber only",
    );
  });

  test("a long sleep leaves the memory, and its end does not move when the process does", async () => {
    let clock = 1_000_000;
    const now = (): number => clock;
    const program = "(define (nap) (perform :async/sleep 3600000) (perform :woke))";
    const ops = { woke: () => clock };
    const a = await start(store, program, ops, { now });
    await a.runtime.eval('(perform :durable/start "n" nap)');
    await asleep(a.fibers, "n");
    expect((await a.fibers.status("n"))?.due).toBe(1_000_000 + 3_600_000);
    await a.fibers.stop();
    clock += 3_599_000;
    const b = await start(store, program, ops, { now });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect((await b.fibers.status("n"))?.status).toBe("waiting");
    clock += 1_000;
    expect(await b.runtime.eval('(perform :durable/result "n")')).toBe(4_600_000);
  });

  test("sleeping fibers cost no memory, and all wake", async () => {
    let clock = 0;
    const count = 300;
    const program = "(define (nap) (perform :async/sleep 1000000) (perform :woke))";
    let woken = 0;
    const a = await start(store, program, { woke: () => ++woken }, { now: () => clock, maxRunning: 50 });
    await a.runtime.eval(`(pmap (fn (i) (perform :durable/start (str i) nap)) (range ${count}))`);
    await until(
      async () =>
        a.fibers.running === 0 &&
        (await store.list({ prefix: ["due"] })).entries.every(({ key }) => Number(key[1]) >= 1_000_000),
    );
    clock = 1_000_001;
    await until(() => woken === count);
    expect(a.errors).toEqual([]);
  });

  test("a cancelled fiber runs its exits, in whatever process, and ends with the reason", async () => {
    const exits: string[] = [];
    const program = `(define (work)
      (dynamic-wind (fn () nil) (fn () (perform :durable/wait "never")) (fn () (perform :note "left"))))`;
    const ops = { note: (text: string) => exits.push(text) };
    const a = await start(store, program, ops, { evictAfter: 0 });
    await a.runtime.eval('(perform :durable/start "c" work)');
    await asleep(a.fibers, "c");
    expect(await a.fibers.cancel("c", "enough")).toBe(true);
    await expect((async () => a.runtime.eval('(perform :durable/result "c")'))()).rejects.toMatchObject({
      kind: "cancelled",
      message: "enough",
    });
    expect(exits).toEqual(["left"]);
    expect(await a.fibers.cancel("c")).toBe(false);
  });
});

describe("housekeeping", () => {
  test("a name that is forgotten is free; code that nobody needs is removed, and no other", async () => {
    const { runtime, fibers } = await start(
      store,
      '(define (work) (perform :durable/wait "go"))',
      {},
      { evictAfter: 0 },
    );
    expect(await runtime.eval('(durable "a" (fn () 1))')).toBe(1);
    expect(await fibers.forget("a")).toBe(true);
    expect(await runtime.eval('(durable "a" (fn () 2))')).toBe(2);
    await runtime.eval('(perform :durable/start "w" work)');
    await asleep(fibers, "w");
    expect(await fibers.forget("w")).toBe(false);
    expect(await fibers.sweep()).toBeGreaterThan(0);
    expect(await fibers.sweep()).toBe(0);
    await runtime.eval('(perform :durable/signal "w" "go" (fn (x) x))');
    expect(typeof (await runtime.eval('(perform :durable/result "w")'))).toBe("function");
  });

  test("a fiber that cannot be run here says why, and stays", async () => {
    const old =
      '(define table (make-hash-table)) (define (work) (let ((t table)) (perform :durable/wait "x") (hash-count t)))';
    const a = await start(store, old, {}, { evictAfter: 0 });
    await a.runtime.eval('(perform :durable/start "w" work)');
    await asleep(a.fibers, "w");
    await a.fibers.stop();
    const b = await start(store, "1", {}, { evictAfter: 0 });
    await b.fibers.signal("w", "x", 1);
    await until(() => b.errors.length > 0);
    expect(b.errors[0]).toContain("the global table of");
    await until(async () => (await b.fibers.status("w"))?.problem !== null);
    await b.fibers.stop();
    const c = await start(store, old);
    await c.fibers.signal("w", "y", 1);
    expect(await c.runtime.eval('(perform :durable/result "w")')).toBe(0);
  });
});
