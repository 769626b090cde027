/** One daemon session survives all of these, in this order. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { places } from "../../src/places.ts";
import { counter, parts } from "../programs.ts";
import { LongDay } from "./world.ts";

const MAIN = "counter.sx";
const day = new LongDay();
let generation = 0;

beforeAll(() => {
  day.write(MAIN, counter());
  day.write("parts.sx", parts());
});
afterAll(() => day[Symbol.asyncDispose]());

test("starts over a socket that nobody answers any more", async () => {
  const { socket } = places(day.place.env);
  const dead = createServer();
  await new Promise<void>((resolve) => dead.listen(`${socket}.dead`, resolve));
  // The file of a socket outlives its process only if that is killed; a plain file in its place is as dead.
  writeFileSync(socket, "");
  await new Promise((resolve) => dead.close(resolve));
  await day.begin();
  expect(day.pid).toBeGreaterThan(0);
});

test("a session is there, with its previews and a page", async () => {
  const { list, error, stale, url } = await day.start(MAIN);
  expect(error).toBeNull();
  expect(stale).toBe(false);
  expect(list.map(({ name, interactive }) => [name, interactive])).toEqual([
    ["Counter", true],
    ["Badge", false],
  ]);
  expect((await fetch(url)).status).toBe(200);
  await day.shown(MAIN);
});

test("a literal: no compile, the same generation, the counter and what is typed stay", async () => {
  await day.ask("touch", { file: MAIN, element: await day.ref(MAIN, "button") });
  await day.ask("touch", { file: MAIN, element: await day.ref(MAIN, "button") });
  await day.ask("touch", { file: MAIN, element: await day.ref(MAIN, "textbox"), text: "unsaved" });
  ({ generation } = await day.ask("wait", { file: MAIN }));
  const record = await day.edit(MAIN, counter({ title: "Berries of the rowan" }));
  expect(record.tier).toBe("literal");
  expect(record.generation).toBe(generation);
  const { html } = await day.shown(MAIN);
  expect(html).toContain("Berries of the rowan");
  expect(html).toContain("Berries: 2");
  expect((await day.elements(MAIN)).find(({ role }) => role === "textbox")?.value).toBe("unsaved");
});

test("structure: a new generation, state that fits is kept", async () => {
  const record = await day.edit(
    MAIN,
    counter({ title: "Again", more: "(p (str (+ count 1) ` is next`))".replaceAll("`", '"') }),
  );
  expect(record.tier).toBe("unit");
  expect(record.generation).toBeGreaterThan(generation);
  expect(record.stateKept).toContain("count");
  expect((await day.shown(MAIN)).html).toContain("3 is next");
  expect((await day.elements(MAIN)).find(({ role }) => role === "textbox")?.value).toBe("unsaved");
});

test("markup: a template, no compile", async () => {
  ({ generation } = await day.ask("wait", { file: MAIN }));
  const record = await day.edit(
    MAIN,
    day.text(MAIN).replace('(label "Note "', '(hr) (p :class "hint" "Notes stay here.") (label "Note "'),
  );
  expect(record.tier).toBe("template");
  expect(record.generation).toBe(generation);
  expect((await day.shown(MAIN)).html).toContain("Notes stay here.");
});

test.each([
  ["a comment", (text: string) => `; nothing\n${text}`],
  ["whitespace", (text: string) => text.replaceAll("\n  ", "\n      ")],
])("%s changes nothing", async (_what, change) => {
  const before = await day.shown(MAIN);
  const record = await day.edit(MAIN, change(day.text(MAIN)));
  expect(record.tier).toBe("unchanged");
  const after = await day.shown(MAIN);
  expect(after.html).toBe(before.html);
  expect(after.generation).toBe(before.generation);
});

test("nor does touching a file", async () => {
  const before = await day.shown(MAIN);
  expect((await day.after(MAIN, () => day.touch(MAIN))).tier).toBe("unchanged");
  expect((await day.shown(MAIN)).html).toBe(before.html);
});

test("a literal that is a key, in a macro, or folded is no literal edit, and right", async () => {
  const program = (key: string, times: string, size: string): string => `
    (defmacro repeated (n form) \`(<> ,@(map (fn (i) form) (range n))))
    (define sizes {:small 1 :large (* 10 ${size})})
    (preview "Places" (div (p :id "${key}" (get sizes :large)) (repeated ${times} (hr))))`;
  day.write("places.sx", program("a", "2", "3"));
  await day.start("places.sx");
  for (const [text, expected] of [
    [program("b", "2", "3"), '<p id="b">30</p><hr><hr>'],
    [program("b", "4", "3"), '<p id="b">30</p><hr><hr><hr><hr>'],
    [program("b", "4", "5"), '<p id="b">50</p><hr><hr><hr><hr>'],
  ] as const) {
    await day.edit("places.sx", text);
    expect((await day.shown("places.sx")).html).toContain(expected);
  }
  await day.stop("places.sx");
});

test("a dependency is edited, added, renamed and removed", async () => {
  await day.after(MAIN, () => day.write("parts.sx", parts("mark")));
  expect((await day.shown(MAIN)).html).toContain('class="mark"');
  const before = day.text(MAIN);
  day.write("extra.sx", '(define (extra) (p "from extra"))');
  await day.edit(
    MAIN,
    before
      .replace('(import "./parts.sx")', '(import "./parts.sx") (import "./extra.sx")')
      .replace("(hr)", "(hr) (extra)"),
  );
  expect((await day.shown(MAIN)).html).toContain("from extra");
  day.write("renamed.sx", '(define (extra) (p "from renamed"))');
  rmSync(day.place.path("extra.sx"));
  await day.edit(MAIN, day.text(MAIN).replace("./extra.sx", "./renamed.sx"));
  expect((await day.shown(MAIN)).html).toContain("from renamed");
  await day.edit(MAIN, before);
  rmSync(day.place.path("renamed.sx"));
  expect((await day.shown(MAIN)).html).not.toContain("from");
});

test("an edit of data alone runs what reads it", async () => {
  day.write("words.txt", "one");
  day.write("data.sx", '(preview "Data" (p (perform :file/read "words.txt")))');
  await day.start("data.sx");
  expect((await day.shown("data.sx")).html).toContain("one");
  const before = await day.ask("wait", { file: "data.sx" });
  day.write("words.txt", "two");
  await day.ask("wait", { file: "data.sx", revision: before.revision + 1 });
  const { records } = await day.ask("explain", { file: "data.sx", limit: 1 });
  expect(records[0]?.tier).toBe("refresh");
  expect((await day.shown("data.sx")).html).toContain("two");
  await day.stop("data.sx");
});

test("an edit of the configuration alone makes the program anew, and keeps its state", async () => {
  day.write("set/preview.json", '{"cap": 50}');
  day.write(
    "set/one.sx",
    '(preview "One" :actions {:more (fn (d) (perform :state/set "n" 7))} (p (perform :state/get "n" 1)))',
  );
  await day.start("set/one.sx");
  const before = await day.ask("wait", { file: "set/one.sx" });
  day.write("set/preview.json", '{"cap": 60}');
  await day.ask("wait", { file: "set/one.sx", revision: before.revision + 1 });
  expect((await day.ask("explain", { file: "set/one.sx", limit: 1 })).records[0]?.tier).toBe("reresolve");
  await day.stop("set/one.sx");
});

test("saves of every editor's kind are seen", async () => {
  const text = (title: string): string => counter({ title });
  await day.after(MAIN, () => day.write(MAIN, text("in place")));
  expect((await day.shown(MAIN)).html).toContain("in place");
  await day.after(MAIN, () => day.renameOver(MAIN, text("renamed over")));
  expect((await day.shown(MAIN)).html).toContain("renamed over");
  await day.after(MAIN, () => day.recreate(MAIN, text("made anew")));
  expect((await day.shown(MAIN)).html).toContain("made anew");
  await day.after(MAIN, () => {
    day.write(MAIN, text("many at once"));
    day.renameOver("parts.sx", parts("many"));
    for (let i = 0; i < 20; i++) day.write(`unused-${i}.sx`, `(define x ${i})`);
  });
  const { html } = await day.shown(MAIN);
  expect(html).toContain("many at once");
  expect(html).toContain('class="many"');
});

test("of ten saves in a row the last is shown", async () => {
  const { html } = await (async () => {
    for (let i = 0; i < 10; i++)
      day.write(MAIN, counter({ title: `save ${i}`, more: `(p (str "n" (* count ${i})))` }));
    await day.ask("wait", { file: MAIN });
    return day.shown(MAIN);
  })();
  expect(html).toContain("save 9");
  expect(html).not.toContain("save 8");
});

test("a syntax error: the last good view stays, and says that it is stale; its fix is picked up", async () => {
  const good = await day.shown(MAIN);
  const record = await day.edit(MAIN, `${day.text(MAIN)} (div`);
  expect(record.status).toBe("failed");
  const stale = await day.ask("snapshot", { file: MAIN, output: "stale.png" });
  expect(stale.html).toBe(good.html);
  expect(stale.stale).toBe(true);
  expect(stale.error?.detail).toContain("counter.sx");
  await day.edit(MAIN, counter({ title: "mended" }));
  expect((await day.shown(MAIN)).html).toContain("mended");
});

test("a runtime error and its fix", async () => {
  const good = await day.shown(MAIN);
  await day.edit(MAIN, counter({ title: "mended", more: '(error "on purpose" count)' }));
  const failed = await day.ask("snapshot", { file: MAIN, output: "failed.png" });
  expect(failed.error?.phase).toBe("render");
  expect(failed.error?.message).toContain("on purpose");
  expect(failed.html).toBe(good.html);
  await day.edit(MAIN, counter({ title: "mended twice" }));
  expect((await day.shown(MAIN)).html).toContain("mended twice");
});

test("a session can start on broken source", async () => {
  day.write("broken.sx", '(preview "Late" (p "not yet"');
  const started = await day.start("broken.sx");
  expect(started.stale).toBe(true);
  expect(started.error?.phase).toBe("read");
  expect(started.list).toEqual([]);
  await day.edit("broken.sx", '(preview "Late" (p "at last"))');
  expect((await day.shown("broken.sx")).html).toContain("at last");
  await day.stop("broken.sx");
});

test("an endless loop in one session: the others answer meanwhile", async () => {
  const endless = '(define (spin n) (spin (+ n 1))) (preview "Endless" (p (spin 0)))';
  day.write("endless.sx", endless.replace("(spin 0)", "0"));
  await day.start("endless.sx");
  day.write("endless.sx", endless);
  const waiting = day.ask("wait", { file: "endless.sx" });
  expect((await day.shown(MAIN)).html).toContain("mended twice");
  await waiting;
  const { error } = await day.ask("wait", { file: "endless.sx" });
  expect(error?.detail).toContain("endless.sx");
  await day.edit("endless.sx", '(preview "Endless" (p "ended"))');
  expect((await day.shown("endless.sx")).html).toContain("ended");
  await day.stop("endless.sx");
});

test("an agent that must be killed is replaced, and the session goes on", async () => {
  const stuck = (text: string): string =>
    `(preview "Stuck" (p (if (re-test "(a+)+$" "${text}") "yes" "no")))`;
  day.write("stuck.sx", stuck("aaa"));
  const { session } = await day.start("stuck.sx");
  // Nothing inside can stop this; only ending the agent does.
  await day.edit("stuck.sx", stuck(`${"a".repeat(60)}!`));
  expect((await day.ask("wait", { file: "stuck.sx" })).error).not.toBeNull();
  await day.edit("stuck.sx", stuck("aab"));
  expect((await day.shown("stuck.sx")).session).toBe(session);
  await day.stop("stuck.sx");
});

test("state that does not fit any more is dropped and said, or migrated", async () => {
  const program = (value: string, hook = "", more = ""): string =>
    `(defonce cart ${value}${hook}) (preview "Cart" (p (inspect cart) ${more}))`;
  day.write("cart.sx", program("{:items 3}"));
  await day.start("cart.sx");
  const dropped = await day.edit("cart.sx", program('"empty"', "", '"!"'));
  expect(dropped.stateDropped.map(({ name }) => name).join()).toContain("cart");
  expect((await day.shown("cart.sx")).html).toContain("empty");
  await day.edit("cart.sx", program("{:text nil}", " :on-reload (fn (old shape) {:text old})", '"?"'));
  expect((await day.shown("cart.sx")).html).toContain("{:text &quot;empty&quot;}".replaceAll("&quot;", '"'));
  await day.stop("cart.sx");
});

test("eight variants compile nothing, and one that is wrong fails alone", async () => {
  const before = await day.ask("wait", { file: MAIN });
  const sets = [
    "light",
    "dark",
    "rtl",
    "ltr",
    "reduced-motion",
    "mobile",
    "tablet",
    "desktop",
    "upside-down",
  ];
  const { variants } = await day.ask("variants", { file: MAIN, variants: sets, output: "variants" });
  expect(variants.map(({ status }) => status)).toEqual([...Array(8).fill("ok"), "failed"]);
  const after = await day.ask("wait", { file: MAIN });
  expect(after.generation).toBe(before.generation);
  expect(after.revision).toBe(before.revision);
});

test("another preview is shown; a bad index changes nothing", async () => {
  expect((await day.ask("switch", { file: MAIN, preview: 1 })).name).toBe("Badge");
  expect((await day.shown(MAIN)).html).toContain("alone");
  await expect(day.ask("switch", { file: MAIN, preview: 7 })).rejects.toThrow();
  expect((await day.shown(MAIN)).name).toBe("Badge");
  await day.ask("switch", { file: MAIN, preview: "Counter" });
  expect((await day.shown(MAIN)).html).toContain("mended twice");
});

test("two sessions share a file, and see its saves both", async () => {
  const other = await day.ask("run", { file: MAIN, another: true });
  expect(other.session).not.toBe(day.sessions.get(MAIN));
  const first = day.sessions.get(MAIN) ?? "";
  day.write(MAIN, counter({ title: "for both" }));
  for (const session of [first, other.session]) {
    await day.ask("wait", { session });
    expect((await day.ask("snapshot", { session, output: "both.png" })).html).toContain("for both");
  }
  await day.ask("stop", { session: other.session });
  await day.shown(MAIN);
});

test("a slow setup is waited for, one that raises is a notice", async () => {
  mkdirSync(day.place.path("hooked"), { recursive: true });
  day.write("hooked/preview.json", '{"setup": "hooks.sx"}');
  day.write("hooked/hooks.sx", "(define (setup) (dotimes (i 200000) i))");
  day.write("hooked/page.sx", '(preview "Hooked" (p "shown"))');
  await day.start("hooked/page.sx");
  expect((await day.shown("hooked/page.sx")).html).toContain("shown");
  await day.stop("hooked/page.sx");
  day.write("hooked/hooks.sx", '(define (setup) (error "no luck"))');
  await day.start("hooked/page.sx");
  expect((await day.ask("snapshot", { file: "hooked/page.sx", output: "h.png" })).html).toContain("shown");
  await day.stop("hooked/page.sx");
});

/** Memory of the daemon after so many edits; every one of them must be shown. */
async function alternate(file: string, edits: number): Promise<number[]> {
  const memory: number[] = [];
  for (let i = 0; i < edits; i++) {
    const text =
      i % 2 === 0
        ? counter({ title: `edit ${i}` })
        : counter({ title: `edit ${i}`, more: `(p (str "n" (+ count ${i})))` });
    day.write(file, text);
    await day.ask("wait", { file });
    const { html, stale, error } = await day.ask("snapshot", { file, output: "edit.png" });
    if (stale || error !== null || !html.includes(`edit ${i}<`))
      throw new Error(`edit ${i} is not shown: ${error?.detail}`);
    if (i % 50 === 49) {
      await day.shown(file);
      memory.push((await day.ask("status", {})).memory);
    }
  }
  return memory;
}

test("three hundred edits, across the cap: every one is shown", { timeout: 600_000 }, async () => {
  const memory = await alternate(MAIN, 300);
  // Not a leak's slope: what the first fifty edits have not needed, the others do not either, but for noise.
  expect(Math.min(...memory.slice(1))).toBeLessThan((memory[0] ?? 0) + 150);
});

test("and with a cap of three", { timeout: 600_000 }, async () => {
  day.write("capped/preview.json", '{"cap": 3}');
  day.write("capped/counter.sx", counter());
  day.write("capped/parts.sx", parts());
  await day.start("capped/counter.sx");
  await alternate("capped/counter.sx", 60);
  await day.stop("capped/counter.sx");
});

test("a respawn that fails keeps the agent that there is", async () => {
  day.write("capped/word.txt", "word");
  // Runs when a program starts, and not again while it lives on.
  const program = (text: string, n: number): string =>
    `(defonce word (perform :file/read "word.txt")) (define (n) ${n}) (preview "Word" (p "${text} " word (* (n) ${n})))`;
  day.write("capped/word.sx", program("a", 0));
  await day.start("capped/word.sx");
  rmSync(day.place.path("capped/word.txt"));
  for (let i = 1; i < 8; i++) {
    await day.edit("capped/word.sx", program("b", i));
    const { html } = await day.ask("snapshot", { file: "capped/word.sx", output: "w.png" });
    expect(html).toContain(`b word${i * i}`);
  }
  await day.stop("capped/word.sx");
});

test("at the end of the day it is the same process and the same session", async () => {
  const { pid, sessions } = await day.ask("status", {});
  expect(pid).toBe(day.pid);
  expect(sessions).toBe(1);
  const { sessions: all } = await day.ask("sessions", {});
  expect(all.find(({ file }) => file === day.place.path(MAIN))?.session).toBe(day.sessions.get(MAIN));
});
