/** Elements know where they were written. */
import { expect, test } from "vitest";
import { withPlaces } from "../src/daemon/written.ts";
import { counter, parts } from "./programs.ts";
import { Place } from "./support.ts";

test("forms that make elements are marked, data and other forms are not, and lines stay", () => {
  const text = `(define (f x)\n  (div (p :class "a" x) '(p 1) (ff [p 2])))\n`;
  expect(withPlaces("/a.sx", text)).toBe(
    `(define (f x)\n  (div :data-sx-at "/a.sx:2:3" (p :data-sx-at "/a.sx:2:8" :class "a" x) '(p 1) (ff [p 2])))\n`,
  );
  expect(withPlaces("/a.sx", "(div")).toBe("(div");
  const bound = "(defcomp ~c (&key (title :as string)) (let ((p 1) (a (str p))) (fn (b) (title a))))";
  expect(withPlaces("/a.sx", bound).split("data-sx-at")).toHaveLength(2);
});

test("the elements of a page name the file, line and column of their forms, state and all", async () => {
  await using place = new Place();
  const file = place.write("counter.sx", counter());
  const part = place.write("parts.sx", parts());
  const { session } = await place.json("run", "counter.sx", "--detach");
  const { elements } = await place.json("elements", "--interactive");
  const button = elements.find(({ role }) => role === "button");
  await place.json("touch", button?.ref ?? "");
  const after = await place.json("elements", "--session", session);
  const flat = (nodes: typeof elements): typeof elements =>
    nodes.flatMap((node) => [node, ...flat(node.children)]);
  const found = (role: string): unknown => flat(after.elements).find((one) => one.role === role)?.source;
  const lineOf = (text: string, what: string): number =>
    text.split("\n").findIndex((line) => line.includes(what)) + 1;
  expect(flat(after.elements).map(({ name }) => name)).toContain("Berries: 1");
  expect(found("heading")).toEqual({ file, line: lineOf(counter(), "(h1"), column: 24 });
  expect(found("button")).toEqual({ file, line: lineOf(counter(), "(button"), column: 7 });
  expect(flat(after.elements).some(({ source }) => source?.file === part)).toBe(false);
});

test("where names of variables are those of elements, the others still know", async () => {
  await using place = new Place();
  const file = place.write(
    "short.sx",
    '(preview "Short" (case 1 ((1) (let ((a 1) (b 2)) (button (str a b)))) (a 2)))',
  );
  await place.json("run", "short.sx", "--detach");
  const { elements } = await place.json("elements");
  expect(elements[0]).toMatchObject({ role: "button", name: "12", source: { file, line: 1, column: 50 } });
});
