/** Agents that die, hang, fail to start or tell something else: what a session and its user see of it. */
import { expect, test } from "vitest";
import { AgentLine, type LinePolicy } from "../src/agent/line.ts";
import { localAgents } from "../src/agent/local.ts";
import type { Agent, AgentFactory, AgentHost } from "../src/agent/protocol.ts";
import { type Executor, type Notice, persistentWorker } from "../src/index.ts";
import { Project, shown } from "./support/project.ts";

const CARD = (word: string, code = 0): string => `
  (defonce n 1)
  (define (f) ${"(list ".repeat(code)}"${word}"${")".repeat(code)})
  (preview "P" :actions {:up (fn (x) (set! n (+ n x)))} (p (f) " " n))`;

/** An executor of agents in this thread, each of which may be meddled with. */
function meddled(policy: Partial<LinePolicy>, meddle: (agent: Agent, number: number) => Agent): Executor {
  let started = 0;
  const factory: AgentFactory = {
    kind: "in-process",
    start: (options, host: AgentHost) => meddle(localAgents.start(options, host), started++),
  };
  return {
    name: "meddled",
    create: (options, host) =>
      new AgentLine(factory, options, host, { respawn: false, cap: 100, retained: 1e12, ...policy }),
  };
}

const codes = (notices: readonly Notice[]): string[] => notices.map(({ code }) => code);

test("a render that hangs where no limit reaches ends its worker; one other takes its place, with one notice", async () => {
  const hang = '(inspect (re-test "^(a+)+$" (str (pad-left "" 60 "a") "b")))';
  const project = new Project({ "main.sx": `(preview "Hang" (p ${hang})) (preview "Good" (p "good"))` });
  await using _ = project;
  const session = await project.session({ executor: persistentWorker(), limits: { time: 100 } }, "main.sx", {
    preview: "Good",
  });
  const other = await project.session({ executor: persistentWorker() }, "main.sx", { preview: "Good" });
  const hanging = session.render({ preview: "Hang" });
  expect(await shown(other, "Good")).toBe("<p>good</p>");
  expect((await hanging).error).toMatchObject({ code: "agent-died" });
  expect(await shown(session, "Good")).toBe("<p>good</p>");
  expect(codes(project.notices)).toEqual(["agent-replaced"]);
});

test("the state of the last quiet moment outlives an agent that dies", async () => {
  let kill: (why: string) => void = () => {};
  const executor = meddled({}, (agent, number) => {
    if (number > 0) return agent;
    const died = new Promise<string>((resolve) => {
      kill = resolve;
    });
    let dead = false;
    void died.then(() => {
      dead = true;
    });
    return new Proxy(agent, {
      get: (target, key) => {
        if (key === "died") return died;
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== "function" || key === "dispose") return value;
        return (...args: unknown[]) => (dead ? Promise.reject(new Error("gone")) : value.apply(target, args));
      },
    });
  });
  const project = new Project({ "main.sx": CARD("a") });
  await using _ = project;
  const session = await project.session({ executor });
  await session.act("up", 4);
  await session.saveState();
  kill("it was shot");
  await expect.poll(() => codes(project.notices)).toEqual(["agent-replaced"]);
  expect(await shown(session)).toBe("<p>a 5</p>");
  await project.save(session, { "main.sx": CARD("b", 1) });
  expect(await shown(session)).toBe("<p>b 5</p>");
});

test("a respawn that fails keeps the agent that is there, and says so", async () => {
  const executor = meddled({ cap: 2 }, (agent, number) => {
    if (number === 0) return agent;
    return Object.assign(agent, { load: () => Promise.reject(new Error("no room")) });
  });
  const project = new Project({ "main.sx": CARD("a") });
  await using _ = project;
  const session = await project.session({ executor });
  for (let i = 1; i <= 4; i++) {
    expect(await project.save(session, { "main.sx": CARD(`e${i}`, i) })).toMatchObject({ status: "done" });
  }
  await session.settled();
  expect(await shown(session)).toBe("<p>e4 1</p>");
  expect(codes(project.notices)).toEqual(["respawn-failed"]);
  expect(project.notices[0]?.message).toContain("no room");
});

test("an edit at the cap is not held up by the start of the next agent", async () => {
  let release: () => void = () => {};
  const executor = meddled({ cap: 2 }, (agent, number) => {
    if (number !== 1) return agent;
    const { load } = agent;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    return Object.assign(agent, {
      load: async (...args: Parameters<Agent["load"]>) => {
        await gate;
        return load.apply(agent, args);
      },
    });
  });
  const project = new Project({ "main.sx": CARD("a") });
  await using _ = project;
  const session = await project.session({ executor });
  await session.act("up", 1);
  for (let i = 1; i <= 5; i++) await project.save(session, { "main.sx": CARD(`e${i}`, i) });
  expect(await shown(session)).toBe("<p>e5 2</p>");
  release();
  await session.settled();
  expect(await shown(session)).toBe("<p>e5 2</p>");
  expect(session.standing().generation).toBe(5);
  expect(await project.save(session, { "main.sx": CARD("e6", 1) })).toMatchObject({ generation: 6 });
  expect(project.notices).toEqual([]);
});

test("a reload whose HTML a build from scratch does not give is told, and the build counts", async () => {
  const executor = meddled({}, (agent, number) => {
    if (number !== 0) return agent;
    const { render } = agent;
    return Object.assign(agent, {
      render: async (...args: Parameters<Agent["render"]>) => {
        const result = await render.apply(agent, args);
        return result.type === "rendered" ? { ...result, html: `${result.html}<!-- stale -->` } : result;
      },
    });
  });
  const project = new Project({ "main.sx": CARD("a") });
  await using _ = project;
  const session = await project.session({ executor, verifyAfter: 60_000 });
  await session.act("up", 1);
  await project.save(session, { "main.sx": CARD("b") });
  expect(await shown(session)).toBe("<p>b 2</p><!-- stale -->");
  await session.settled();
  expect(await shown(session)).toBe("<p>b 2</p>");
  expect(codes(project.notices)).toEqual(["verify-mismatch"]);
  expect(session.records().at(-1)).toMatchObject({ tier: "reresolve", status: "done" });
});

test("a setup runs once in each agent; one that fails is a notice", async () => {
  const setup = (body: string): string =>
    `(defonce ran (vector)) (preview "P" :setup (fn () ${body}) (p (len ran)))`;
  const project = new Project({ "main.sx": setup("(vector-push! ran 1)") });
  await using _ = project;
  const session = await project.session();
  await session.render();
  expect(await shown(session)).toBe("<p>1</p>");
  const failing = await (await project.reloader()).open("main.sx");
  project.write("other.sx", setup('(error "no")'));
  const other = await project.session({}, "other.sx");
  expect(await shown(other)).toBe("<p>0</p>");
  // It was set up before anybody could listen; a new preview is set up now.
  other.on("notice", (notice) => project.notices.push(notice));
  await project.save(other, { "other.sx": setup('(error "no")').replace('"P"', '"Q"') });
  expect(project.notices[0]).toMatchObject({
    code: "setup-failed",
    problem: { phase: "setup", message: "no" },
  });
  expect(await shown(failing)).toBe("<p>1</p>");
});

test("hooks of the project: setup and wrap, which is given the traits", async () => {
  const project = new Project({
    "hooks.sx": `(defonce log (vector))
      (define (setup) (vector-push! log "set up"))
      (define (wrap render traits) (section :lang (get traits :locale) (render) (i (vector-ref log 0))))`,
    "main.sx": '(preview "P" (p (get (context "traits") :direction)))',
  });
  await using _ = project;
  const session = await project.session({ hooks: "hooks.sx" });
  expect((await session.render({ traits: { locale: "de", direction: "rtl" } })).html).toBe(
    '<section lang="de"><p>rtl</p><i>set up</i></section>',
  );
  const variants = await session.variants([
    "dark",
    "light+rtl",
    '{"locale":"ar"}',
    "huge",
    { fontScale: 99 },
  ]);
  expect(variants.map(({ name, error }) => [name, error?.code])).toEqual([
    ["dark", undefined],
    ["light+rtl", undefined],
    ['{"locale":"ar"}', undefined],
    ["huge", "traits"],
    ['{"fontScale":99}', "traits"],
  ]);
  expect(variants[1]?.rendered?.html).toContain("<p>rtl</p>");
  expect(await shown(session)).toContain("<p>ltr</p>");
});

test("another preview, traits that stay, and a wrong one of either changes nothing", async () => {
  const project = new Project({
    "main.sx":
      '(preview "A" (p "a")) (preview "B" :traits {:color-scheme "dark"} (p (get (context "traits") :color-scheme)))',
  });
  await using _ = project;
  const session = await project.session();
  expect((await session.switch("B")).html).toBe("<p>dark</p>");
  await expect(session.switch(7)).rejects.toThrow('there is no preview 7; there are 0 "A", 1 "B"');
  expect((await session.render()).preview?.name).toBe("B");
  expect((await session.configure({ colorScheme: "light" })).html).toBe("<p>light</p>");
  await expect(session.configure({ colorScheme: "mauve" } as never)).rejects.toThrow(
    "must be one of light, dark",
  );
  expect((await session.render()).traits.colorScheme).toBe("light");
  expect((await session.configure({})).html).toBe("<p>dark</p>");
});
