/** Saves as editors and tools make them, seen by the real watcher. */
import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fileWatcher, type Session } from "../src/index.ts";
import { Project } from "./support/project.ts";

const LEAF = (word: string): string => `(define (leaf) "${word}")\n`;
const MAIN = '(import "./parts/leaf.sx")\n(preview "P" (p (leaf)))';

async function watched(files: Record<string, string> = { "main.sx": MAIN, "parts/leaf.sx": LEAF("one") }) {
  const project = new Project(files);
  const session = await project.session({ watcher: fileWatcher() });
  return { project, session, leaf: project.path("parts/leaf.sx") };
}

const html = (session: Session) =>
  expect.poll(async () => (await session.render()).html, { timeout: 20_000 });

test("in place, by renaming over, by removing and making again, with a pause", async () => {
  const { project, session, leaf } = await watched();
  await using _ = project;
  writeFileSync(leaf, LEAF("in place"));
  await html(session).toBe("<p>in place</p>");
  writeFileSync(`${leaf}.new`, LEAF("renamed over"));
  renameSync(`${leaf}.new`, leaf);
  await html(session).toBe("<p>renamed over</p>");
  rmSync(leaf);
  writeFileSync(leaf, LEAF("made again"));
  await html(session).toBe("<p>made again</p>");
  rmSync(leaf);
  await expect.poll(() => session.standing().error?.code, { timeout: 20_000 }).toBe("import");
  writeFileSync(leaf, LEAF("later"));
  await html(session).toBe("<p>later</p>");
  expect(session.standing()).toMatchObject({ stale: false });
});

test("a file that is emptied first and written piece by piece", async () => {
  const { project, session, leaf } = await watched();
  await using _ = project;
  const failed: string[] = [];
  session.on("reload", (record) => {
    if (record.status === "failed") failed.push(record.error?.message ?? "");
  });
  writeFileSync(leaf, "");
  appendFileSync(leaf, '(define (leaf) "');
  appendFileSync(leaf, 'pieces")');
  await html(session).toBe("<p>pieces</p>");
  expect(failed).toEqual([]);
});

test("ten saves in a row: the last one counts, and is shown", async () => {
  const { project, session, leaf } = await watched();
  await using _ = project;
  for (let i = 0; i < 10; i++) writeFileSync(leaf, LEAF(`save ${i}`));
  await html(session).toBe("<p>save 9</p>");
  await session.caughtUp();
  expect(session.records().length).toBeLessThan(10);
});

test("many files at once are one reload, or few", async () => {
  const names = Array.from({ length: 20 }, (_, i) => `f${i}`);
  const main = `${names.map((n) => `(import "./${n}.sx")`).join("\n")}\n(preview "P" (p ${names.map((n) => `(${n})`).join(" ")}))`;
  const text = (n: string, word: string): string => `(define (${n}) "${word}")`;
  const { project, session } = await watched({
    "main.sx": main,
    ...Object.fromEntries(names.map((n) => [`${n}.sx`, text(n, "a")])),
  });
  await using _ = project;
  for (const name of names) writeFileSync(project.path(`${name}.sx`), text(name, "b"));
  await html(session).toBe(`<p>${"b".repeat(20)}</p>`);
  expect(session.records().length).toBeLessThan(20);
});

test("a folder that goes and comes back, and one that was never there", async () => {
  const { project, session, leaf } = await watched();
  await using _ = project;
  rmSync(project.path("parts"), { recursive: true });
  await expect.poll(() => session.standing().error?.code, { timeout: 20_000 }).toBe("import");
  mkdirSync(project.path("parts"));
  writeFileSync(leaf, LEAF("back"));
  await html(session).toBe("<p>back</p>");
  writeFileSync(project.path("main.sx"), '(import "./new/deep/leaf.sx")\n(preview "P" (p (leaf)))');
  await expect.poll(() => session.standing().error?.code, { timeout: 20_000 }).toBe("import");
  project.write("new/deep/leaf.sx", LEAF("deep"));
  await html(session).toBe("<p>deep</p>");
});

test("two sessions of one reloader that share a file", async () => {
  const { project, session, leaf } = await watched();
  await using _ = project;
  const reloader = await project.reloader({ watcher: fileWatcher() });
  const [a, b] = [await reloader.open("main.sx"), await reloader.open("main.sx")];
  writeFileSync(leaf, LEAF("shared"));
  for (const each of [session, a, b]) await html(each).toBe("<p>shared</p>");
  expect([a.id, b.id]).toEqual(["s1", "s2"]);
});

test("data that a render has read", async () => {
  const { project, session } = await watched({
    "main.sx": '(preview "P" (p (perform :file/read "data/words.txt")))',
    "data/words.txt": "one",
  });
  await using _ = project;
  await html(session).toBe("<p>one</p>");
  writeFileSync(project.path("data/words.txt"), "two");
  await expect.poll(() => session.records().at(-1)?.tier, { timeout: 20_000 }).toBe("refresh");
  await html(session).toBe("<p>two</p>");
});
