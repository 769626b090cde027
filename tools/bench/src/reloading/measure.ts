/** From a save to new HTML, in projects of several sizes; and what many edits leave behind. */
import { writeFileSync } from "node:fs";
import {
  createReloader,
  inProcess,
  noWatcher,
  persistentWorker,
  type ReloadRecord,
  type Timings,
} from "@sorbus/preview-reloader";
import { type GeneratedProject, generateProject } from "./project.ts";

const EDITED_TIERS = ["literal", "template", "unit"] as const;
export type EditedTier = (typeof EDITED_TIERS)[number];

/** One tier in a project of one size. Times in milliseconds. */
export interface ReloadFigure {
  readonly files: number;
  readonly tier: EditedTier;
  /** From the write to the event that brings the HTML, as who saves sees it. */
  readonly p50: number;
  readonly p95: number;
  /** Medians of the phases. */
  readonly phases: Timings;
}

export interface SizeFigures {
  readonly files: number;
  /** To load the whole project. */
  readonly load: number;
  readonly tiers: readonly ReloadFigure[];
}

/** The numbers' value below which that share of them lies. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Edits that alternate between the tiers; each is another text than the one before. */
function* edits(project: GeneratedProject): Generator<{ tier: EditedTier; text: string }, never> {
  let state = { words: "leaf", wrapped: false, code: 0 };
  for (let i = 1; ; i++) {
    const tier = EDITED_TIERS[i % EDITED_TIERS.length] ?? "literal";
    if (tier === "literal") state = { ...state, words: `words ${i}` };
    else if (tier === "template") state = { ...state, wrapped: !state.wrapped };
    else state = { ...state, code: state.code + 1 };
    yield { tier, text: project.leafText(state) };
  }
}

const WARM_UP = 5;

/** @param rounds edits of each tier; a few more come first and do not count */
export async function measureReloads(files: number, rounds: number): Promise<SizeFigures> {
  using project = generateProject(files);
  await using reloader = await createReloader({
    root: project.root,
    executor: persistentWorker(),
    verifyAfter: false,
  });
  const started = performance.now();
  const session = await reloader.open(project.entry);
  const load = performance.now() - started;
  const { error } = session.standing();
  if (error !== undefined) throw new Error(error.detail);
  const times = new Map<EditedTier, { total: number; record: ReloadRecord }[]>();
  let left = EDITED_TIERS.length * (rounds + WARM_UP);
  for (const { tier, text } of edits(project)) {
    if (left-- === 0) break;
    const told = new Promise<ReloadRecord>((resolve) => {
      const stop = session.on("reload", (record) => {
        stop();
        resolve(record);
      });
    });
    const saved = performance.now();
    writeFileSync(project.leaf, text);
    const record = await told;
    const total = performance.now() - saved;
    if (record.status !== "done" || record.tier !== tier) {
      throw new Error(`an edit of tier ${tier} came to ${record.tier}, ${record.status}: ${record.reason}`);
    }
    const known = times.get(tier);
    if (known === undefined) times.set(tier, [{ total, record }]);
    else known.push({ total, record });
    // Nobody saves again in the same moment; and what is left of the watcher's burst is no part of the next edit.
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const tiers = Array.from(times, ([tier, all]): ReloadFigure => {
    const counted = all.slice(WARM_UP);
    const totals = counted.map(({ total }) => total);
    const names = Object.keys(counted[0]?.record.timings ?? {}) as (keyof Timings)[];
    const phases = Object.fromEntries(
      names.map((name) => [
        name,
        quantile(
          counted.map(({ record }) => record.timings[name]),
          0.5,
        ),
      ]),
    ) as unknown as Timings;
    return { files, tier, p50: quantile(totals, 0.5), p95: quantile(totals, 0.95), phases };
  });
  return { files, load, tiers };
}

export interface Endurance {
  readonly edits: number;
  readonly failed: number;
  /** Bytes of heap that each edit has left behind, in one agent that is never replaced. Needs `--expose-gc`. */
  readonly growth: number | undefined;
}

/** Many edits in one agent without a cap: what they leave behind is not hidden by a respawn. */
export async function measureEndurance(count: number): Promise<Endurance> {
  using project = generateProject(10);
  await using reloader = await createReloader({
    root: project.root,
    executor: inProcess({ cap: 1_000_000, retained: Number.MAX_SAFE_INTEGER }),
    watcher: noWatcher(),
    verifyAfter: false,
  });
  const session = await reloader.open(project.entry);
  let failed = 0;
  let done = 0;
  const source = edits(project);
  const run = async (to: number): Promise<void> => {
    for (; done < to; done++) {
      writeFileSync(project.leaf, source.next().value.text);
      if ((await session.changed([project.leaf])).status !== "done") failed += 1;
    }
  };
  await run(200);
  const before = heap();
  await run(200 + count);
  const after = heap();
  const growth = before === undefined || after === undefined ? undefined : (after - before) / count;
  return { edits: count, failed, growth };
}

function heap(): number | undefined {
  const { gc } = globalThis as { readonly gc?: () => void };
  if (gc === undefined) return undefined;
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}
