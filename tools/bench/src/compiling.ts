/** A generated file of 1,000 functions, from text to the first result; the baseline is the same in JavaScript. */
import { createRuntime } from "sorbus";
import type { Benchmark } from "./harness.ts";

const COUNT = 1000;

const sx = (i: number): string => `
(define (f${i} x items)
  (let ((y (+ x ${i})) (z (* x 2)))
    (cond
      ((> y 1000) (map (fn (item) (+ item y)) items))
      ((and (> z 10) (not (empty? items))) (f${Math.max(0, i - 1)} (- x 1) (rest items)))
      (else (list y z "text ${i}")))))
`;

const js = (i: number): string => `
function f${i}(x, items) {
  const y = x + ${i};
  const z = x * 2;
  if (y > 1000) return items.map((item) => item + y);
  if (z > 10 && items.length > 0) return f${Math.max(0, i - 1)}(x - 1, items.slice(1));
  return [y, z, "text ${i}"];
}
`;

const all = (part: (i: number) => string): string =>
  Array.from({ length: COUNT }, (_, i) => part(i)).join("");

/** Each run compiles into a runtime that exists already, as a development server would on a save. */
export function compilingBenchmark(): Benchmark {
  const sxText = `${all(sx)}\n(first (f${COUNT - 1} 7 (list 1 2)))`;
  const jsText = `${all(js)}\nreturn f${COUNT - 1}(7, [1, 2])[0];`;
  const runtime = createRuntime();
  let times = 0;
  return {
    name: "compile",
    bytes: sxText.length,
    contenders: [
      // V8 keeps what it has compiled: a text that differs is compiled.
      { name: "JavaScript", run: () => new Function(`${jsText}// ${times++}`)() },
      { name: "VM", run: () => runtime.eval(sxText, { file: "generated" }) },
    ],
  };
}
