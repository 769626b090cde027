/** Reloads as transactions: a newer save gives up an older one without a trace, at whatever it is waiting. */
import { expect, test } from "vitest";
import type { Session } from "../src/index.ts";
import { Project, shown } from "./support/project.ts";

/** A project whose op `:test/wait` answers when it is told to. */
async function waiting(text: (word: string) => string): Promise<{
  project: Project;
  session: Session;
  asked: { answer(): void; signal: AbortSignal }[];
  slow: { on: boolean };
}> {
  const asked: { answer(): void; signal: AbortSignal }[] = [];
  const slow = { on: false };
  const project = new Project({ "main.sx": text("one") });
  const session = await project.session({
    limits: { time: 60_000 },
    ops: [
      {
        name: "test/wait",
        params: "",
        purity: "read",
        handler: (_args, { signal }) =>
          slow.on ? new Promise((resolve) => asked.push({ answer: () => resolve(null), signal })) : null,
      },
    ],
  });
  return { project, session, asked, slow };
}

test.each([
  ["a macro", (word: string) => `(defmacro m (x) (perform :test/wait) x) (define (f) (m "${word}"))`],
  [
    "top-level code",
    (word: string) => `(define f-value (do (perform :test/wait) "${word}")) (define (f) f-value)`,
  ],
])("a newer save gives up %s that waits", async (_what, definitions) => {
  const text = (word: string): string => `${definitions(word)} (defonce n 1) (preview "P" (p (f) n))`;
  const { project, session, asked, slow } = await waiting(text);
  await using _ = project;
  expect(await shown(session)).toBe("<p>one1</p>");
  slow.on = true;
  const first = project.save(session, { "main.sx": text("two") });
  await expect.poll(() => asked.length).toBe(1);
  slow.on = false;
  const second = project.save(session, { "main.sx": text("three") });
  const records = await Promise.all([first, second]);
  expect(asked[0]?.signal.aborted).toBe(true);
  // One record for both: of what was given up there is none.
  expect(records[0]).toBe(records[1]);
  expect(session.records()).toHaveLength(1);
  expect(records[0]).toMatchObject({
    status: "done",
    revision: 2,
    stateKept: [`${project.path("main.sx")}/n`],
  });
  expect(await shown(session)).toBe("<p>three1</p>");
});

test("what a failed reload has done to definitions, names and constants is taken back", async () => {
  const good = `
    (define a "a") (define (f x) (list a x)) (defmacro twice (x) \`(list ,x ,x))
    (preview "P" (p (f (twice "b"))))`;
  const project = new Project({ "main.sx": good });
  await using _ = project;
  const session = await project.session();
  const before = await shown(session);
  const bad = `
    (define a "A") (define (f x y) (list a x y "new")) (defmacro twice (x) \`(list ,x ,x ,x)) (define g 1)
    (preview "P" (p (f (twice "c") g))) (define oops (error "late"))`;
  expect(await project.save(session, { "main.sx": bad })).toMatchObject({ status: "failed" });
  expect(await shown(session)).toBe(before);
  // What came of it is not in the way of the next edit either.
  const next = good.replace('"b"', '"d"').replace('(define a "a")', '(define a "z")');
  expect(await project.save(session, { "main.sx": next })).toMatchObject({ status: "done" });
  expect(await shown(session)).toBe("<p>zdd</p>");
  expect(await project.cold()).toEqual({ html: "<p>zdd</p>" });
});

test("literals that are names, that a macro has seen, or that are folded are code, and still right", async () => {
  const text = (n: number): string => `
    (defmacro add (x) (+ x 1))
    (define (f) (list (add ${n}) (+ 1 ${n})))
    (preview "P" (p :id "p${n}" (f) (b "text ${n}")))`;
  const project = new Project({ "main.sx": text(1) });
  await using _ = project;
  const session = await project.session();
  const record = await project.save(session, { "main.sx": text(2) });
  expect(record.tier).toBe("unit");
  expect(await shown(session)).toBe('<p id="p2">33<b>text 2</b></p>');
});

test("who depends on what changed is compiled again, wherever it is", async () => {
  const project = new Project({
    "lib.sx": "(define (helper x) (* x 2)) (defmacro scaled (x) (helper x)) (defcomp ~tag (&key a) (i a))",
    "main.sx":
      '(import "./lib.sx") (define total (helper 4)) (preview "P" (p total (scaled 3) (~tag :a "x")))',
  });
  await using _ = project;
  const session = await project.session();
  expect(await shown(session)).toBe("<p>86<i>x</i></p>");
  const lib = "(define (helper x) (+ x 100)) (defmacro scaled (x) (helper x)) (defcomp ~tag (&key a) (i a))";
  await project.save(session, { "lib.sx": lib });
  expect(await shown(session)).toBe("<p>104103<i>x</i></p>");
  const wrong = await project.save(session, { "lib.sx": lib.replace("(&key a) (i a)", "(&key b) (i b)") });
  expect(wrong).toMatchObject({ status: "failed", error: { place: { file: project.path("main.sx") } } });
  await project.save(session, { "main.sx": '(import "./lib.sx") (preview "P" (p (~tag :b "y")))' });
  expect(await shown(session)).toBe("<p><i>y</i></p>");
});
