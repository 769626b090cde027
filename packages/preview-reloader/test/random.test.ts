/**
 * Random edits of random files: after each, the session shows what a build from scratch shows, or says that it is stale
 * and why. The seed is printed; SORBUS_EDITS sets how many edits there are (500 before a release).
 */
import { expect, test } from "vitest";
import { Project } from "./support/project.ts";
import { RandomProject } from "./support/random-project.ts";

const EDITS = Number(process.env.SORBUS_EDITS ?? 60);
const SEED = Number(process.env.SORBUS_SEED ?? Date.now() % 1_000_000);

test(`${EDITS} random edits, seed ${SEED}`, async () => {
  console.log(`seed ${SEED}`);
  const random = new RandomProject(SEED);
  await using project = new Project(random.files());
  const session = await project.session();
  const tiers = new Map<string, number>();
  for (let i = 0; i < EDITS; i++) {
    const { what, files } = random.edit();
    const record = await project.save(session, files);
    const kind = record.status === "done" ? record.tier : record.status;
    tiers.set(kind, (tiers.get(kind) ?? 0) + 1);
    const where = `edit ${i} of seed ${SEED}: ${what} (${record.tier}: ${record.reason})`;
    const cold = await project.cold();
    const view = await session.render();
    if (cold.error === undefined) {
      expect(view.error?.detail, where).toBeUndefined();
      expect(view.stale, where).toBe(false);
      expect(view.html, where).toBe(cold.html);
    } else {
      // Of several mistakes another one may be come to first, but there is one, and it is said.
      expect(view.error?.message, where).toBeTypeOf("string");
      expect(session.standing().error?.code, where).toBe(view.error?.code);
    }
  }
  console.log(Object.fromEntries(tiers));
}, 600_000);
