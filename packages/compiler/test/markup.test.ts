/** Folding of static markup. */

import type { Template } from "@sorbus/vm";
import { describe, expect, test } from "vitest";
import type { Core } from "../src/index.ts";
import { printCore } from "../src/index.ts";
import { World } from "./world.ts";

/** The template of the last form, with `_` for slots, and what fills them. */
function folded(text: string): { html: string; args: string[] } {
  let core: Core | undefined = new World().units(text).at(-1)?.core;
  if (core?.op === "let") core = core.body;
  if (core?.op !== "call" || core.args[0]?.op !== "const")
    throw new Error(`not folded: ${core && printCore(core)}`);
  const template = core.args[0].value as Template;
  return { html: template.statics.join("_"), args: core.args.slice(1).map(printCore) };
}

describe("static markup becomes one template", () => {
  test.each([
    ['(p "a < b" 1 nil true)', "<p>a &lt; b1</p>", []],
    ['(div :class "c" :hidden true (p "x") (br))', '<div class="c" hidden><p>x</p><br></div>', []],
    ['(ul (li x) (li "b" (i y)))', "<ul><li>_</li><li>b<i>_</i></li></ul>", ["main/x", "main/y"]],
    ["(p (<> 1 (b 2) x) 3)", "<p>1<b>2</b>_3</p>", ["main/x"]],
    ['(p :style {:color "red"} :class ["a" "b"])', '<p style="color:red" class="a b"></p>', []],
    ["(p :title x y)", "<p_>_</p>", ["main/x", "main/y"]],
    ['(html/map :name "m")', '<map name="m"></map>', []],
    ['(a :href "/x")', '<a href="/x"></a>', []],
    ["(p (f (b 1)))", "<p>_</p>", ["(main/f (%template #<host FoldedTemplate>))"]],
  ])("%s", (text, html, args) => {
    expect(folded(text)).toEqual({ html, args });
  });
});

test("what only the running program may refuse is left to it", () => {
  const world = new World();
  expect(world.printed('(br "x")')).toBe('(html/br "x")');
  expect(world.printed('(p :id "a" :id "b")')).toBe('(html/p :id "a" :id "b")');
  expect(folded('(a :href "javascript:x")')).toEqual({ html: "<a_></a>", args: ['"javascript:x"'] });
});

test("attributes and children are evaluated in the order of the source", () => {
  expect(new World().printed("(p (f) :id (g1) (h))")).toBe(
    "(let ((_.0 (main/f)) (_.1 (main/g1)) (_.2 (main/h))) (%template #<host FoldedTemplate> _.1 _.0 _.2))",
  );
});

test("folded and unfolded markup are the same HTML", () => {
  const world = new World();
  const pairs = [
    ['(p :title "a\\"<&" "a\\"<&")', '(call-with-keys p {:title "a\\"<&"} "a\\"<&")'],
    ["(p :hidden false 1 nil)", "(call-with-keys p {:hidden false} 1 nil)"],
    ["(let ((x '(1 2))) (ul x))", "(apply ul '((1 2)))"],
    ['(pre "\\n")', '(apply pre (list "\\n"))'],
  ];
  for (const [a, b] of pairs) {
    expect(world.eval(`(render-to-html ${a})`)).toBe(world.eval(`(render-to-html ${b})`));
  }
});

test("a program's own definition is not an element", () => {
  expect(new World().eval("(define (p x) (list 'mine x)) (p 1)")).toBe("(mine 1)");
  expect(new World().eval("(define (f) (let ((p list)) (p 1))) (f)")).toBe("(1)");
});
