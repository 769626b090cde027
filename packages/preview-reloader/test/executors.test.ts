/** What every executor promises: one suite for respawn per edit, the capped worker, and this thread. */
import { describe, expect, test } from "vitest";
import { type Executor, inProcess, persistentWorker, respawningWorker } from "../src/index.ts";
import { Project, shown } from "./support/project.ts";

const executors: readonly (readonly [string, () => Executor])[] = [
  ["in this thread", () => inProcess()],
  ["a worker that stays", () => persistentWorker()],
  ["a worker with room for three generations", () => persistentWorker({ cap: 3 })],
  ["a worker for each edit", () => respawningWorker()],
];

const CARD = (greeting: string, body = "(div (h1 greeting title) (p visits))"): string =>
  `(define greeting "${greeting}")
   (defonce visits 1)
   (defcomp ~card (&key title) ${body})`;
const MAIN = '(import "./card.sx")\n(preview "Card" (~card :title "T"))';

describe.each(executors)(
  "%s",
  (_name, make) => {
    const start = async (files: Record<string, string>) => {
      const project = new Project(files);
      return { project, session: await project.session({ executor: make(), limits: { time: 1_500 } }) };
    };

    test("literal, template, unit: the least that the edit needs", async () => {
      const { project, session } = await start({ "main.sx": MAIN, "card.sx": CARD("Hi ") });
      await using _ = project;
      expect(await shown(session)).toBe("<div><h1>Hi T</h1><p>1</p></div>");
      const literal = await project.save(session, { "card.sx": CARD("Ho ") });
      expect(literal).toMatchObject({ tier: "literal", generation: 0, status: "done", revision: 2 });
      expect(literal.definitions).toEqual([`${project.path("card.sx")}/greeting`]);
      expect(await shown(session)).toBe("<div><h1>Ho T</h1><p>1</p></div>");
      const moved = CARD("Ho ", "(section (p visits) (h1 greeting title))");
      // What is evaluated twice or in another order is code; only markup is not.
      expect(await project.save(session, { "card.sx": moved })).toMatchObject({ tier: "unit" });
      const wrapped = CARD("Ho ", '(section (p visits) (div (h1 greeting title) "!"))');
      expect(await project.save(session, { "card.sx": wrapped })).toMatchObject({ tier: "template" });
      expect(await shown(session)).toBe("<section><p>1</p><div><h1>Ho T</h1>!</div></section>");
      const { tier, revision } = await project.save(session, { "card.sx": `; comment\n${wrapped}` });
      expect([tier, revision]).toEqual(["unchanged", 4]);
      const unit = await project.save(session, { "card.sx": CARD("Ho ", "(b (upper title))") });
      expect(unit.tier).toBe("unit");
      expect(unit.generation).toBeGreaterThan(0);
      expect(await shown(session)).toBe("<b>T</b>");
    });

    test("state lives on by name and shape; what cannot be kept is named", async () => {
      const main = (init: string, extra = ""): string => `
      (defonce cart ${init})
      ${extra}
      (preview "P" :actions {:add (fn (n) (set! cart (assoc cart :n (+ n (get cart :n)))))}
        (p (inspect cart) ${extra === "" ? "" : "(f)"}))`;
      const { project, session } = await start({ "main.sx": main("{:n 0}") });
      await using _ = project;
      expect((await session.act("add", 5)).html).toBe("<p>{:n 5}</p>");
      const kept = await project.save(session, { "main.sx": main("{:n 0}", "(define (f) 1)") });
      expect(kept.stateKept).toEqual([`${project.path("main.sx")}/cart`]);
      expect(await shown(session)).toBe("<p>{:n 5}1</p>");
      await project.save(session, { "main.sx": main("{:n 7}", "(define (f) 1)") });
      expect(await shown(session)).toBe("<p>{:n 5}1</p>");
      const migrated = await project.save(session, {
        "main.sx": main('{:n 0 :x ""} :on-reload (fn (old shape) (assoc old :x shape))', "(define (f) 2)"),
      });
      expect(migrated.stateDropped).toEqual([]);
      expect(await shown(session)).toBe('<p>{:n 5 :x "{\\"n\\" number}"}2</p>');
      const dropped = await project.save(session, { "main.sx": main("{:n 0 :y 1}", "(define (f) 3)") });
      expect(dropped.stateDropped).toEqual([
        {
          name: `${project.path("main.sx")}/cart`,
          why: 'it starts as {"n" number, "y" number} now, and was {"n" number, "x" string}',
        },
      ]);
      expect(await shown(session)).toBe("<p>{:n 0 :y 1}3</p>");
    });

    test("what components remember lives on, and can be saved and restored", async () => {
      const main = (word: string): string => `
      (define (count) (perform :state/get "count" 0))
      (preview "P" :actions {:up (fn (x) (perform :state/set "count" (+ 1 (count))))} (p "${word}" (count)))`;
      const { project, session } = await start({ "main.sx": main("a") });
      await using _ = project;
      await session.act("up");
      expect((await session.act("up")).html).toBe("<p>a2</p>");
      const saved = await session.saveState();
      await session.act("up");
      await project.save(session, {
        "main.sx": main("b").replace("(define (count)", "(define (count &key (by 1))"),
      });
      expect(await shown(session)).toBe("<p>b3</p>");
      const { kept, view } = await session.restoreState(JSON.parse(JSON.stringify(saved)));
      expect([kept, view.html]).toEqual([["count"], "<p>b2</p>"]);
    });

    test("a failed reload keeps the last good program, says so, and the same save tries again", async () => {
      const { project, session } = await start({ "main.sx": MAIN, "card.sx": CARD("a") });
      await using _ = project;
      const broken = await project.save(session, { "card.sx": "(defcomp ~card (" });
      expect(broken).toMatchObject({ status: "failed", revision: 2, error: { phase: "read", code: "read" } });
      const view = await session.render();
      expect(view).toMatchObject({
        stale: true,
        html: "<div><h1>aT</h1><p>1</p></div>",
        error: { code: "read" },
      });
      expect(await project.save(session, { "card.sx": "(defcomp ~card (" })).toMatchObject({
        status: "failed",
      });
      const wrong = await project.save(session, { "card.sx": '(define x (error "at load"))' });
      expect(wrong).toMatchObject({ status: "failed", error: { message: "at load", phase: "load" } });
      expect(wrong.error?.place).toMatchObject({ file: project.path("card.sx"), line: 1, column: 11 });
      expect(await shown(session)).toBe("<div><h1>aT</h1><p>1</p></div>");
      await project.save(session, { "card.sx": CARD("b") });
      expect(await session.render()).toMatchObject({ stale: false, html: "<div><h1>bT</h1><p>1</p></div>" });
      expect(session.standing().error).toBeUndefined();
    });

    test("a mistake in a render is that render's alone", async () => {
      const main = (bad: string): string => `(preview "Bad" (p ${bad})) (preview "Good" (p "good"))`;
      const { project, session } = await start({ "main.sx": main('"ok"') });
      await using _ = project;
      await project.save(session, { "main.sx": main('(error "oh")') });
      expect(await session.render()).toMatchObject({
        html: "<p>ok</p>",
        error: { phase: "render", message: "oh" },
      });
      expect(await shown(session, "Good")).toBe("<p>good</p>");
      const loop = await project.save(session, { "main.sx": main("(let loop () (loop))") });
      expect(loop).toMatchObject({ status: "failed", error: { code: "limit" } });
      expect(await shown(session, "Good")).toBe("<p>good</p>");
      await project.save(session, { "main.sx": main('"fine"') });
      expect(await session.render()).toMatchObject({ html: "<p>fine</p>" });
      expect(session.standing().error).toBeUndefined();
    });

    test("first start on broken source waits for the fix", async () => {
      const { project, session } = await start({ "main.sx": '(import "./card.sx")\n(preview "P" (~card' });
      await using _ = project;
      expect(session.standing()).toMatchObject({ stale: true, error: { code: "read" } });
      const still = await project.save(session, { "main.sx": MAIN });
      expect(still).toMatchObject({ status: "failed", error: { code: "import" } });
      await project.save(session, { "card.sx": CARD("x") });
      expect(await session.render()).toMatchObject({ stale: false, html: "<div><h1>xT</h1><p>1</p></div>" });
      expect(session.previews().map(({ name, line }) => [name, line])).toEqual([["Card", 2]]);
    });

    test("dependencies come, are renamed and go", async () => {
      const { project, session } = await start({ "main.sx": MAIN, "card.sx": CARD("a") });
      await using _ = project;
      await project.save(session, {
        "main.sx": '(import "./parts/other.sx")\n(preview "Card" (~card :title "T"))',
        "card.sx": null,
        "parts/other.sx": CARD("moved "),
      });
      expect(await session.render()).toMatchObject({
        stale: false,
        html: "<div><h1>moved T</h1><p>1</p></div>",
      });
      const gone = await project.save(session, { "parts/other.sx": null });
      expect(gone).toMatchObject({ status: "failed", error: { code: "import" } });
      await project.save(session, { "parts/other.sx": CARD("back ") });
      expect(await session.render()).toMatchObject({
        stale: false,
        html: "<div><h1>back T</h1><p>1</p></div>",
      });
    });

    test("effects: mocks, the host's ops, the reloader's own; data that changes", async () => {
      const project = new Project({
        "data.txt": "one",
        "main.sx": `
        (preview "P" :effects {:user/name (fn (args resume) (resume "mock"))} (p (perform :user/name)
          " " (perform :host/twice 4) " " (perform :file/read "data.txt") " " (perform :random/int 1000)))`,
      });
      await using _ = project;
      const ops = [
        {
          name: "host/twice",
          params: "n",
          purity: "read" as const,
          handler: async ([n]: readonly unknown[]) => 2 * Number(n),
        },
      ];
      const session = await project.session({ executor: make(), ops });
      const first = await session.render();
      expect(first.html).toMatch(/^<p>mock 8 one \d+<\/p>$/);
      expect((await session.render()).html).toBe(first.html);
      const record = await project.save(session, { "data.txt": "two" });
      expect(record.tier).toBe("refresh");
      expect(await shown(session)).toBe(first.html?.replace("one", "two"));
    });

    test("one step back, and the next save goes forward again", async () => {
      const { project, session } = await start({ "main.sx": MAIN, "card.sx": CARD("a") });
      await using _ = project;
      await project.save(session, { "card.sx": CARD("b", "(p greeting)") });
      await session.undo();
      expect(await session.render()).toMatchObject({ stale: true, html: "<div><h1>aT</h1><p>1</p></div>" });
      await expect(session.undo()).rejects.toThrow("no reload to go back over");
      await project.save(session, { "main.sx": `${MAIN} ` });
      expect(await session.render()).toMatchObject({ stale: false, html: "<p>b</p>" });
    });

    test("twelve alternating edits, whatever the cap: no failed render, state kept", async () => {
      const { project, session } = await start({ "main.sx": MAIN, "card.sx": CARD("0") });
      await using _ = project;
      for (let i = 1; i <= 12; i++) {
        const record = await project.save(session, {
          "card.sx": CARD(String(i), `(p greeting ${"(b 1)".repeat(i % 2)})`),
        });
        expect(record.status).toBe("done");
        expect(await shown(session)).toBe(`<p>${i}${"<b>1</b>".repeat(i % 2)}</p>`);
      }
      await session.settled();
      expect(session.standing().stale).toBe(false);
      expect(project.notices).toEqual([]);
      expect(await shown(session)).toBe("<p>12</p>");
    });

    test("a verification finds nothing to say", async () => {
      const project = new Project({ "main.sx": MAIN, "card.sx": CARD("a") });
      await using _ = project;
      const session = await project.session({ executor: make(), verifyAfter: 60_000 });
      await project.save(session, { "card.sx": CARD("b", "(section (p greeting))") });
      await session.settled();
      expect(project.notices).toEqual([]);
      expect(session.standing().revision).toBe(2);
    });
  },
  120_000,
);
