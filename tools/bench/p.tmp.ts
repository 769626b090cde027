import { createRuntime, inspect } from "sorbus";

const rt = createRuntime({});
rt.evalValue("(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))");
function fib(n: number): number {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}
for (let i = 0; i < 6; i++) {
  let t = performance.now();
  rt.evalValue("(fib 30)");
  const a = performance.now() - t;
  t = performance.now();
  fib(30);
  const b = performance.now() - t;
  console.log(a.toFixed(1), b.toFixed(1), (a / b).toFixed(1));
}
rt.evalValue("(define (deep n) (if (= n 0) 0 (+ 1 (deep (- n 1)))))");
console.log(inspect(await rt.evalValue("(deep 1000000)")));
