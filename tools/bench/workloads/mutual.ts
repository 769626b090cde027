/** Two states that follow each other, n times: JavaScript has no tail calls, so that it is a loop. */
export const small = 101;
export const size = 3_000_000;
export function run(n: number): number {
  let sum = 1;
  let state: "ping" | "pong" = "ping";
  for (let left = n; left !== 0; left--) {
    if (state === "ping") {
      sum = (sum + left) % 1_000_003;
      state = "pong";
    } else {
      sum = (sum * 3) % 1_000_003;
      state = "ping";
    }
  }
  return sum;
}
