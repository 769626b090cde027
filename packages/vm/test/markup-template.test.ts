/** A template gives the same HTML, the same parts and the same errors as element after element. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dictFrom, EMPTY, FALSE, fromArray, NIL, TRUE } from "../src/heap/index.ts";
import type { Value } from "../src/heap/value.ts";
import { Condition, Deferred, Markup, Raise, TrustedUrl } from "../src/heap/value.ts";
import {
  element,
  fragment,
  renderTemplate,
  staticAttr,
  staticChild,
  TemplateBuilder,
} from "../src/markup/index.ts";

type Tree = { readonly value: Value; readonly constant: boolean } | Element;
interface Element {
  readonly name: string;
  readonly attrs: readonly (readonly [string, { readonly value: Value; readonly constant: boolean }])[];
  readonly children: readonly Tree[];
}

/** The tree as the machine makes it without a template. */
function build(tree: Tree): Value {
  if (!("name" in tree)) return tree.value;
  return element(
    tree.name,
    tree.attrs.map(([name, { value }]): [string, Value] => [name, value]),
    tree.children.map(build),
  );
}

/** The tree as a compiler folds it: what is constant goes into the template where it can. */
function fold(tree: Tree): Markup {
  const builder = new TemplateBuilder();
  const args: Value[] = [];
  const walk = (t: Tree): void => {
    if (!("name" in t)) {
      if (t.constant && builder.child(t.value)) return;
      builder.childSlot();
      args.push(t.value);
      return;
    }
    builder.open(t.name);
    for (const [name, { value, constant }] of t.attrs) {
      if (constant && builder.attribute(name, value)) continue;
      builder.attributeSlot(name);
      args.push(value);
    }
    t.children.forEach(walk);
    builder.close();
  };
  walk(tree);
  const template = builder.finish();
  expect(template.statics.length).toBe(template.slots.length + 1);
  return renderTemplate(template, args);
}

function outcome(f: () => Value): unknown {
  try {
    const m = f();
    if (!(m instanceof Markup)) return m;
    const parts = typeof m.parts === "string" ? [m.parts] : m.parts;
    return {
      parts: parts.map((part) => (part instanceof Deferred ? part.thunk : part)),
      refused: m.refused?.message,
    };
  } catch (e) {
    if (e instanceof Raise && e.payload instanceof Condition)
      return `${e.payload.kind}: ${e.payload.message}`;
    throw e;
  }
}

const text = fc.constantFrom("", "a", "\n", "\nx", "<b>", '&"', "</script>", "javascript:x", "/ok");
const leaf: fc.Arbitrary<Value> = fc.oneof(
  text,
  fc.constantFrom<Value>(NIL, TRUE, FALSE, EMPTY, 0, 1.5, 10n),
  fc.constant(new Markup("<hr>")),
  fc.constant(new Markup(["\n", new Deferred("later"), "z"])),
  fc.constant(new Markup("<a></a>", new Condition("url", "refused", EMPTY))),
  fc.array(text).map((xs) => fromArray([fromArray(xs), "t"])),
);
const attribute = fc.oneof(
  leaf.filter((v) => !(v instanceof Markup)),
  fc.constant(new TrustedUrl("javascript:ok")),
  fc.constant(dictFrom([["color", "red"]])),
);
const slot = (value: fc.Arbitrary<Value>) => fc.record({ value, constant: fc.boolean() });
const attrs = fc.uniqueArray(
  fc.tuple(
    fc.constantFrom("id", "class", "style", "href", "hidden", "aria-x", "data-y", "srcdoc"),
    slot(attribute),
  ),
  { selector: ([name]) => name, maxLength: 4 },
);
const { tree } = fc.letrec<{ tree: Tree; el: Element }>((tie) => ({
  tree: fc.oneof({ maxDepth: 4 }, slot(leaf), tie("el")),
  el: fc.oneof(
    fc.record({
      name: fc.constantFrom("div", "p", "pre", "textarea", "title"),
      attrs,
      children: fc.array(tie("tree"), { maxLength: 4 }),
    }),
    fc.record({
      name: fc.constantFrom("script", "style"),
      attrs,
      children: fc.array(slot(leaf), { maxLength: 3 }),
    }),
    fc.record({ name: fc.constantFrom("br", "img"), attrs, children: fc.constant([]) }),
  ),
}));

/** All that can raise a type error is left out: which of two comes first is the compiler's to keep. */
const harmless = (v: Value): boolean =>
  typeof v === "string" || typeof v === "number" || v === NIL || v === TRUE || v === FALSE;
function quiet(t: Tree): boolean {
  if (!("name" in t)) return true;
  return (
    t.attrs.every(([name, { value }]) => harmless(value) && name !== "srcdoc") && t.children.every(quiet)
  );
}

describe("laws", () => {
  test("a template is the same as its elements", () => {
    fc.assert(
      fc.property(tree.filter(quiet), (t) => {
        const folded = outcome(() => fold(t));
        const built = outcome(() => ("name" in t ? build(t) : fragment([t.value])));
        expect(folded).toEqual(built);
      }),
      { numRuns: 2000 },
    );
  });
  test("an element alone raises what its template raises", () => {
    fc.assert(
      fc.property(attrs, slot(leaf), (pairs, child) => {
        const t: Element = {
          name: "p",
          attrs: pairs.map(([name, s]) => [name, { ...s, constant: false }]),
          children: [child],
        };
        expect(outcome(() => fold(t))).toEqual(outcome(() => build(t)));
      }),
    );
  });
});

describe("the first new line of pre", () => {
  const child = slot(
    fc.oneof(
      text,
      fc.constant(new Markup([new Deferred("x")])),
      fc.constant(new Markup(["\nq", new Deferred("y")])),
    ),
  );
  test("is doubled in the same cases", () => {
    fc.assert(
      fc.property(fc.array(child, { maxLength: 4 }), (children) => {
        const t: Element = { name: "pre", attrs: [], children };
        expect(outcome(() => fold(t))).toEqual(outcome(() => build(t)));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the builder", () => {
  test("folds what is constant", () => {
    const b = new TemplateBuilder();
    b.open("div");
    expect(b.attribute("class", fromArray(["a", "b"]))).toBe(true);
    b.attributeSlot("id");
    expect(b.child("x < y")).toBe(true);
    b.open("br");
    b.close();
    b.childSlot();
    b.close();
    const t = b.finish();
    expect(t.statics).toEqual(['<div class="a b"', ">x &lt; y<br>", "</div>"]);
    expect(renderTemplate(t, ["n", 5]).parts).toBe('<div class="a b" id="n">x &lt; y<br>5</div>');
    expect(renderTemplate(t, [NIL, NIL]).parts).toBe('<div class="a b">x &lt; y<br></div>');
  });
  test("leaves to the run what only it can do", () => {
    const b = new TemplateBuilder();
    b.open("a");
    expect(b.attribute("href", "javascript:1")).toBe(false);
    b.attributeSlot("href");
    expect(b.child(new Markup([new Deferred("x")]))).toBe(false);
    b.close();
    expect(renderTemplate(b.finish(), ["javascript:1"]).refused?.kind).toBe("url");
    expect(staticAttr("a", "href", "javascript:1")).toBeUndefined();
    expect(staticAttr("a", "href", "/")).toBe(' href="/"');
    expect(staticChild("script", "</script>")).toBe("\\u003c/script>");
  });
  test("refuses what no run could make right", () => {
    const b = new TemplateBuilder();
    b.open("br");
    expect(() => b.childSlot()).toThrow("br: a void element takes no children");
    const c = new TemplateBuilder();
    c.open("p");
    c.attributeSlot("id");
    expect(() => c.attribute("id", "x")).toThrow("p: the attribute id is given twice");
    expect(() => c.finish()).toThrow("with an element open");
    c.childSlot();
    expect(() => c.attributeSlot("x")).toThrow("outside a tag");
  });
  test("a wrong number of values is a fault of the caller", () => {
    const b = new TemplateBuilder();
    b.childSlot();
    expect(() => renderTemplate(b.finish(), [])).toThrow("a template with 1 slots was given 0 values");
  });
});
