/** SX inside a JavaScript program: values and functions cross both ways, and errors say where they come from. */
import { createRuntime, SxError } from "sorbus";

const stock = new Map([
  ["apple", 3],
  ["fig", 0],
]);
const runtime = createRuntime();
runtime.define("in-stock", async (name: string) => (stock.get(name) ?? 0) > 0);
runtime.define("vat", 0.25);

await runtime.eval(
  `
  (define (offer names prices)
    (map (fn (name) (list name (* (get prices name) (+ 1 vat))))
         (filter in-stock names)))
  `,
  { file: "offer.sx" },
);

console.log(await runtime.call("offer", ["apple", "fig", "pear"], { apple: 2, fig: 8 }));
//=> [ [ 'apple', 2.5 ] ]

// A function of SX is a function here, too.
const add = runtime.eval("(fn (a b) (+ a b))") as (a: number, b: number) => number;
console.log([1, 2, 3].map((n) => add(n, 0.5)));
//=> [ 1.5, 2.5, 3.5 ]

try {
  await runtime.call("offer", ["apple"], {});
} catch (error) {
  if (!(error instanceof SxError)) throw error;
  console.log(`${error.kind}: ${error.message}, in ${error.frames[0]?.file}:${error.frames[0]?.line}`);
}
//=> type: *: expected a number or bigint as n, got nil, in offer.sx:3
