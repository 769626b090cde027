/** A few rounds of what `kills.ts` does by the fifty. */
import { postgresOrSkip } from "@sorbus/postgres-server";
import { describe, expect, test } from "vitest";
import { killRounds } from "./kills.ts";

describe.skipIf(!postgresOrSkip())("a server that is killed under load", () => {
  test("loses nothing that was acknowledged", { timeout: 300_000 }, async () => {
    const seed = Math.floor(Math.random() * 1_000_000);
    const { kills, acknowledged } = await killRounds(5, seed).catch((error: unknown) => {
      throw new Error(`With the seed ${seed}`, { cause: error });
    });
    expect(kills).toBe(5);
    expect(acknowledged).toBeGreaterThan(100);
  });
});
