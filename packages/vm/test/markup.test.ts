/** What elements render to, attribute by attribute and child by child, and what they refuse. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FALSE, fromArray, NIL, TRUE, vector } from "../src/heap/index.ts";
import type { Value } from "../src/heap/value.ts";
import { Condition, Deferred, Markup, Raise } from "../src/heap/value.ts";
import {
  BOOLEAN_ATTRIBUTES,
  ELEMENTS,
  element,
  escapeAttribute,
  escapeText,
  fragment,
  HTML_ELEMENTS,
  markupParts,
  renderToHtml,
  SVG_ELEMENTS,
  VOID_ELEMENTS,
} from "../src/markup/index.ts";
import { isRefusedUrl } from "../src/markup/url.ts";
import { evaluate } from "./support/evaluate.ts";

/** The HTML of a program, or `kind: message`. */
function html(text: string): string {
  return attempt(() => {
    const v = evaluate(text);
    return v instanceof Markup ? renderToHtml(v) : String(v);
  });
}
function attempt(f: () => string): string {
  try {
    return f();
  } catch (e) {
    if (e instanceof Raise && e.payload instanceof Condition)
      return `${e.payload.kind}: ${e.payload.message}`;
    throw e;
  }
}
const r = String.raw;
const cases = (rows: readonly (readonly [string, string])[]) =>
  test.each(rows)("%s", (text, expected) => {
    expect(html(text)).toBe(expected);
  });

describe("elements", () => {
  cases([
    ["(p)", "<p></p>"],
    ["(br)", "<br>"],
    [`(img :src "a.png" :alt "")`, `<img src="a.png" alt="">`],
    [`(div :class "card" :hidden true (p "hi"))`, `<div class="card" hidden><p>hi</p></div>`],
    [`(<> (doctype) (html (body)))`, "<!doctype html><html><body></body></html>"],
    [`(svg :viewBox "0 0 1 1" (path :d "M0 0"))`, `<svg viewBox="0 0 1 1"><path d="M0 0"></path></svg>`],
    [`(br "x")`, "type: br: a void element takes no children"],
    [`(br nil)`, "type: br: a void element takes no children"],
    [`(element "my-card" {:class "a"} "x" (b "y"))`, `<my-card class="a">x<b>y</b></my-card>`],
    [`(element "BR" {})`, "<BR>"],
    [`(element "a b" {})`, `type: "a b" cannot be the name of an element`],
    [`(element "" {})`, `type: "" cannot be the name of an element`],
    [`(element "x><script" {})`, `type: "x><script" cannot be the name of an element`],
    [`(element 5 {})`, "type: element: expected a string as name, got 5"],
    [`(p :id "a" :id "b")`, "type: p: the attribute id is given twice"],
  ]);
  test("the tables agree with each other", () => {
    expect(HTML_ELEMENTS.filter((name) => SVG_ELEMENTS.includes(name))).toEqual([]);
    expect([...VOID_ELEMENTS].filter((name) => !ELEMENTS.has(name))).toEqual([]);
    expect(ELEMENTS.size).toBe(HTML_ELEMENTS.length + SVG_ELEMENTS.length);
  });
});

describe("children", () => {
  cases([
    [`(p "a < b & c > d \\"q\\"")`, `<p>a &lt; b &amp; c &gt; d "q"</p>`],
    ["(p 1 2.5 1e21 10n -0)", "<p>12.51e+21100</p>"],
    ["(p nil true false ())", "<p></p>"],
    [`(p '("a" ("<" nil) (("b"))) (vector "c" (list "d")))`, "<p>a&lt;bcd</p>"],
    [`(p (list (b "x") (i "y")))`, "<p><b>x</b><i>y</i></p>"],
    [`(p (raw! "<hr>"))`, "<p><hr></p>"],
    [`(p (<> "a" (<> (b))))`, "<p>a<b></b></p>"],
    ["(p {:a 1})", "type: p: a dict cannot be a child, got {:a 1}"],
    ["(p '(1 (sym)))", "type: p: a symbol cannot be a child, got sym"],
    ["(p first)", "type: p: a function cannot be a child, got #<fn first>"],
    ["(<> (set 1))", "type: <>: a set cannot be a child, got #set (1)"],
    [`(p "class" "x")`, "<p>classx</p>"],
    [
      "(def v (vector 1)) (vector-push! v v) (p v)",
      "limit: p: children are nested too deeply, or within themselves",
    ],
  ]);
  test("lists as deep as they like", () => {
    let v: Value = "x";
    for (let i = 0; i < 90_000; i++) v = fromArray([v]);
    expect(renderToHtml(element("p", [], [v]))).toBe("<p>x</p>");
  });
});

describe("attributes", () => {
  cases([
    [`(p :title "a \\"b\\" <c> & 'd'")`, `<p title="a &quot;b&quot; &lt;c&gt; &amp; 'd'"></p>`],
    ["(p :id nil)", "<p></p>"],
    ["(p :id false)", "<p></p>"],
    ["(p :data-x true)", "<p data-x></p>"],
    [`(p :data-x "")`, `<p data-x=""></p>`],
    ["(td :colspan 2)", `<td colspan="2"></td>`],
    ["(p :data-n 5n)", `<p data-n="5"></p>`],
    ["(p :id 'a)", "type: p: expected a string (a symbol has symbol->string) as the attribute id, got a"],
    ["(p :id '(1))", "type: p: expected a string, number or boolean as the attribute id, got (1)"],
    [
      "(p :id (b))",
      `type: p: expected a string, number or boolean as the attribute id, got #markup "<b></b>"`,
    ],
    ["(input :disabled true :checked false :required nil)", "<input disabled>"],
    [`(input :checked "")`, "<input checked>"],
    ["(input :checked 0)", "<input checked>"],
    [`(div :hidden "until-found")`, `<div hidden="until-found"></div>`],
    [
      "(div :aria-hidden true :aria-expanded false :aria-label nil)",
      `<div aria-hidden="true" aria-expanded="false"></div>`,
    ],
    ["(div :contenteditable false :draggable true)", `<div contenteditable="false" draggable="true"></div>`],
    [`(button :onclick "go('a')")`, `<button onclick="go('a')"></button>`],
    [`(element "p" {"a b" 1})`, `type: p: "a b" cannot be the name of an attribute`],
    [`(element "p" {"a>" 1})`, `type: p: "a>" cannot be the name of an attribute`],
    [`(element "p" {"x\\"y" 1})`, r`type: p: "x\"y" cannot be the name of an attribute`],
    [`(element "p" {"" 1})`, `type: p: "" cannot be the name of an attribute`],
    [`(element "p" {"a b" nil})`, `type: p: "a b" cannot be the name of an attribute`],
    [`(element "p" {"a/b" 1})`, `type: p: "a/b" cannot be the name of an attribute`],
  ]);
  describe("class", () => {
    cases([
      [`(p :class "a b")`, `<p class="a b"></p>`],
      [`(p :class (list "a" nil false "b" (list "c")))`, `<p class="a b c"></p>`],
      [`(p :class {"a" true "b" nil "c" 0 "d" false})`, `<p class="a c"></p>`],
      [`(p :class (list "a" {"b" true}))`, `<p class="a b"></p>`],
      ["(p :class ())", "<p></p>"],
      ["(p :class {})", "<p></p>"],
      [`(p :class "")`, `<p class=""></p>`],
      ["(p :class nil)", "<p></p>"],
      [`(p :class (list "<\\""))`, `<p class="&lt;&quot;"></p>`],
      [
        "(p :class 'a)",
        "type: p: expected a string, or a list or dict of class names, as the attribute class, got a",
      ],
    ]);
  });
  describe("style", () => {
    cases([
      [`(p :style {:color "red" :margin 0 :padding nil})`, `<p style="color:red;margin:0"></p>`],
      [`(p :style "color:red")`, `<p style="color:red"></p>`],
      [`(p :style {})`, "<p></p>"],
      [`(p :style {:--gap "1px" :-webkit-box "x"})`, `<p style="--gap:1px;-webkit-box:x"></p>`],
      [
        `(p :style {:background "url(data:image/png;base64,AA)"})`,
        `<p style="background:url(data:image/png;base64,AA)"></p>`,
      ],
      [`(p :style {:content "\\";\\""})`, `<p style="content:&quot;;&quot;"></p>`],
      [
        `(p :style {:color "red;position:fixed"})`,
        `type: p: "red;position:fixed" is not one value of the style property color`,
      ],
      [`(p :style {:color "url("})`, `type: p: "url(" is not one value of the style property color`],
      [`(p :style {:color "a)b"})`, `type: p: "a)b" is not one value of the style property color`],
      [`(p :style {:color "'a"})`, `type: p: "'a" is not one value of the style property color`],
      [`(p :style {:color "a/*"})`, `type: p: "a/*" is not one value of the style property color`],
      [`(p :style {:color "a}"})`, `type: p: "a}" is not one value of the style property color`],
      [`(p :style {:color "a\\\\"})`, r`type: p: "a\\" is not one value of the style property color`],
      [`(p :style {"color:red;x" "1"})`, `type: p: "color:red;x" cannot be the name of a style property`],
      [`(p :style {:color '(1)})`, "type: p: expected a string or number as the style property color"],
      [`(p :style '(1))`, "type: p: expected a string, number or boolean as the attribute style, got (1)"],
    ]);
  });
  test("each boolean attribute is there or not", () => {
    for (const name of BOOLEAN_ATTRIBUTES) {
      expect(renderToHtml(element("p", [[name, TRUE]], []))).toBe(`<p ${name}></p>`);
      expect(renderToHtml(element("p", [[name, FALSE]], []))).toBe("<p></p>");
      expect(renderToHtml(element("p", [[name, NIL]], []))).toBe("<p></p>");
    }
  });
});

describe("URLs", () => {
  const refused = (element: string, name: string, url: string): string =>
    `url: ${element}: the URL ${JSON.stringify(url)} in ${name} would run as code; (trust-url …) allows it`;
  cases([
    [`(a :href "/x?a=1&b=2")`, `<a href="/x?a=1&amp;b=2"></a>`],
    [`(a :href "javascript:alert(1)")`, refused("a", "href", "javascript:alert(1)")],
    [`(a :href (trust-url "javascript:go()"))`, `<a href="javascript:go()"></a>`],
    [`(p :title "javascript:x")`, `<p title="javascript:x"></p>`],
    [`(p :title (trust-url "x"))`, `<p title="x"></p>`],
    [`(div (p (a :href "javascript:1")))`, refused("a", "href", "javascript:1")],
    [`(list (str (a :href "vbscript:1")))`, refused("a", "href", "vbscript:1")],
    [`(%html (list "x" (form :action "javascript:1")))`, refused("form", "action", "javascript:1")],
    [`(element "A" {"HREF" "javascript:1"})`, refused("A", "HREF", "javascript:1")],
    [`(a :href 5)`, `<a href="5"></a>`],
    [`(a :href '(1))`, "type: a: expected a string, number or boolean as the attribute href, got (1)"],
  ]);
  test("markup with a refused URL may be made, and raises when it is rendered", () => {
    const m = evaluate(`(div (a :href "javascript:1") (a :href "vbscript:2"))`);
    expect(m).toBeInstanceOf(Markup);
    expect(() => renderToHtml(m as Markup)).toThrow("javascript:1");
    expect(() => markupParts(m as Markup)).toThrow("javascript:1");
  });
  test.each([
    "javascript:alert(1)",
    "JaVaScRiPt:x",
    " javascript:x",
    "\u0000\u0001javascript:x",
    "java\nscript:x",
    "java\tscript\r:x",
    "javascript\n:x",
    "\u00a0javascript:x",
    "vbscript:x",
    "data:text/html,<script>1</script>",
    "DATA:text/html;base64,AA",
    "data:TEXT/HTML ,x",
    "data:image/svg+xml,<svg onload=1>",
    "data:application/xhtml+xml,x",
    "data:text/xml,x",
  ])("refused: %j", (url) => {
    expect(isRefusedUrl(url)).toBe(true);
  });
  test.each([
    "",
    "/javascript:x",
    "./javascript:x",
    "?javascript:",
    "#javascript:x",
    "https://x/javascript:1",
    "mailto:a@b",
    "tel:1",
    "javascriptx:1",
    "javascript",
    "data:image/png;base64,AA",
    "data:,hello",
    "data:text/plain,x",
    "blob:x",
  ])("taken: %j", (url) => {
    expect(isRefusedUrl(url)).toBe(false);
  });
  test("whatever the URL standard reads as javascript: is refused", () => {
    const junk = fc.string({ unit: fc.constantFrom("\t", "\n", "\r", " ", "\u0000", "\u001f") });
    const word = fc.tuple(
      ...[..."javascript:"].map((ch) => fc.tuple(junk, fc.constantFrom(ch, ch.toUpperCase()))),
    );
    fc.assert(
      fc.property(word, (letters) => {
        const url = letters.map(([space, ch]) => space + ch).join("");
        if (URL.canParse(url) && new URL(url).protocol === "javascript:")
          expect(isRefusedUrl(url)).toBe(true);
      }),
    );
  });
});

describe("every context", () => {
  cases([
    [
      `(script "if (a < b && c) x('</script><b>')")`,
      r`<script>if (a < b && c) x('\u003c/script><b>')</script>`,
    ],
    [`(script "<!-- <SCRIPT")`, r`<script>\u003c!-- \u003cSCRIPT</script>`],
    [
      `(script :type "application/json" (json-encode {:a "</script>"}))`,
      r`<script type="application/json">{"a":"\u003c/script>"}</script>`,
    ],
    [`(style "a > b { content: '</style>' }")`, r`<style>a > b { content: '\3c /style>' }</style>`],
    [`(script (raw! "</script>"))`, "<script></script></script>"],
    [`(element "SCRIPT" {} "</script>")`, r`<SCRIPT>\u003c/script></SCRIPT>`],
    [`(title "a </title> & b")`, "<title>a &lt;/title&gt; &amp; b</title>"],
    [`(textarea "</textarea>")`, "<textarea>&lt;/textarea&gt;</textarea>"],
    [`(textarea "\\nx")`, "<textarea>\n\nx</textarea>"],
    [`(pre nil "" "\\nx")`, "<pre>\n\nx</pre>"],
    [`(pre (b) "\\nx")`, "<pre><b></b>\nx</pre>"],
    [`(pre "x")`, "<pre>x</pre>"],
    [
      `(iframe :srcdoc (p "a & \\"b\\""))`,
      `<iframe srcdoc="&lt;p&gt;a &amp;amp; &quot;b&quot;&lt;/p&gt;"></iframe>`,
    ],
    [`(iframe :srcdoc "<b>")`, `<iframe srcdoc="&amp;lt;b&amp;gt;"></iframe>`],
  ]);
  test("JSON in a script is the same JSON", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("<", "/", "!", "-", "script", "SCRIPT", ">", '"', "\\") }),
        (s) => {
          const page = renderToHtml(element("script", [], [JSON.stringify(s)]));
          const body = page.slice("<script>".length, -"</script>".length);
          expect(JSON.parse(body)).toBe(s);
          expect(body).not.toMatch(/<\/script|<script|<!--/i);
        },
      ),
    );
  });
  test("text and attributes end where they should", () => {
    const unescaped = (s: string): string =>
      s.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom("<", ">", "&", '"', "'", "amp;", "a") }),
    );
    fc.assert(
      fc.property(text, (s) => {
        const inText = escapeText(s);
        expect(inText).not.toMatch(/[<>]|&(?!(?:amp|lt|gt);)/);
        expect(unescaped(inText)).toBe(s);
        const inValue = escapeAttribute(s);
        expect(inValue).not.toMatch(/[<>"]|&(?!(?:amp|lt|gt|quot);)/);
        expect(unescaped(inValue)).toBe(s);
        if (!/[<>&"]/.test(s)) expect([inText, inValue]).toEqual([s, s]);
      }),
    );
  });
});

describe("deferred parts", () => {
  const later = new Markup([new Deferred("thunk")]);
  test("they are parts of their own", () => {
    const m = element("div", [["id", "a"]], ["x", later, fromArray([later, "y"])]);
    expect(markupParts(m).map((part) => (typeof part === "string" ? part : "…"))).toEqual([
      '<div id="a">x',
      "…",
      "…",
      "y</div>",
    ]);
  });
  test("render-to-html says what to do with them", () => {
    expect(attempt(() => renderToHtml(fragment([later])))).toBe(
      "type: render-to-html: the markup has deferred parts: it needs render-chunks",
    );
  });
  test("markup without them is one string", () => {
    expect(fragment(["a", vector(["b"])]).parts).toBe("ab");
  });
  test("the language sees strings and thunks", () => {
    const parts = evaluate("(%markup-parts (p 1 (%defer first) 2))");
    expect(String(evaluate("(inspect parts)", new Map([["parts", parts]])))).toBe(
      r`("<p>1" #<fn first> "2</p>")`,
    );
  });
});
