/** Requests that wait do so together, whatever the limit of connections. */
import { expect, test } from "vitest";
import { describeWaiting, measureWaiting } from "../src/waiting/measure.ts";

test("five hundred requests wait at the same time, and each gets its own page", async () => {
  const figures = await measureWaiting({ requests: 500, wait: 1_000 });
  expect(figures).toMatchObject({ requests: 500, outcomes: { 200: 500 }, most: figures.connections });
  expect(figures.megabytes).toBeGreaterThan(0);
});

test("the figures as people read them", () => {
  const figures = {
    requests: 10_000,
    wait: 1_000,
    connections: 924,
    limitedBy: 1_024,
    seconds: 11.25,
    most: 924,
    megabytes: 300,
    outcomes: { 200: 9_999, ECONNRESET: 1 },
  };
  expect(describeWaiting(figures)).toBe(
    `10000 requests that each wait 1000 ms: 9999 × 200, 1 × ECONNRESET in 11.3 s, 924 at the same time, 300 MiB
(over 924 kept connections, because a process may open 1024 files: ulimit -n)`,
  );
});
