/** Writers that each wait for an acknowledgement before the next commit, for a time. */
import type { Engine } from "./engines.ts";

export interface Driven {
  readonly commits: number;
  /** Milliseconds. */
  readonly p99: number;
}

const value = (n: number): object => ({
  n,
  title: "An entry of some length",
  tags: ["one", "two"],
  text: "x".repeat(80),
});

export async function drive(engine: Engine, who: string, writers: number, time: number): Promise<Driven> {
  const latencies: number[] = [];
  const end = performance.now() + time;
  const writer = async (w: number): Promise<void> => {
    for (let n = 0; performance.now() < end; n++) {
      const started = performance.now();
      await engine.set([who, w, n % 1000], value(n));
      latencies.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, w) => writer(w)));
  latencies.sort((a, b) => a - b);
  return { commits: latencies.length, p99: latencies[Math.floor(latencies.length * 0.99)] ?? 0 };
}

/** Nanoseconds for a read of one of a thousand keys, the best of some rounds. */
export async function reads(engine: Engine): Promise<number | undefined> {
  const { get } = engine;
  if (get === undefined) return undefined;
  await Promise.all(Array.from({ length: 1000 }, (_, i) => engine.set(["read", i], value(i))));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 10; round++) {
    const started = performance.now();
    for (let i = 0; i < 20_000; i++) get(["read", (i * 7919) % 1000]);
    best = Math.min(best, ((performance.now() - started) * 1e6) / 20_000);
    await new Promise(setImmediate);
  }
  return best;
}
