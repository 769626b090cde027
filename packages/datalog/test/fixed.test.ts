/** Ten programs, and what SWI-Prolog's tabling gives for them: see fixed/expect.ts. */
import { readdirSync, readFileSync } from "node:fs";
import type { Runtime } from "sorbus";
import { beforeAll, expect, test } from "vitest";
import { datalogRuntime } from "./support.ts";

const folder = new URL("./fixed/", import.meta.url);
const expected = JSON.parse(readFileSync(new URL("expected.json", folder), "utf8")) as Record<
  string,
  Record<string, string[]>
>;
const programs = readdirSync(folder).filter((name) => name.endsWith(".sx"));

let runtime: Runtime;
beforeAll(async () => {
  runtime = await datalogRuntime();
});

test("there are ten", () => expect(programs).toEqual(Object.keys(expected)));

test.each(programs)("%s", (name) => {
  runtime.call("open-db", readFileSync(new URL(name, folder), "utf8"), "", false);
  for (const [predicate, facts] of Object.entries(expected[name] ?? {})) {
    expect(facts.length).toBeGreaterThan(0);
    expect((runtime.call("facts-of", [predicate]) as string[]).sort()).toEqual([...facts].sort());
  }
});
