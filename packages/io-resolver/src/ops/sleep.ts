/** `(:async/sleep ms)`: nil after that time. A cancelled fiber stops its timer. */
import type { OpDeclaration } from "../op.ts";

/** Timers count in 32 bits: a longer delay would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

export function sleepOps(): OpDeclaration[] {
  return [
    {
      name: "async/sleep",
      params: "ms",
      purity: "read",
      doc: "Waits that many milliseconds.",
      check: ([ms]) =>
        typeof ms === "number" && ms >= 0 && Number.isFinite(ms)
          ? undefined
          : "ms must be a number, 0 or more",
      handler: ([ms], { signal }) => sleep(Number(ms), signal),
    },
  ];
}

function sleep(ms: number, signal: AbortSignal): Promise<null> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout>;
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const wait = (left: number): void => {
      timer = setTimeout(
        () => {
          if (left > LONGEST_TIMER) return wait(left - LONGEST_TIMER);
          signal.removeEventListener("abort", stop);
          resolve(null);
        },
        Math.min(left, LONGEST_TIMER),
      );
    };
    signal.addEventListener("abort", stop, { once: true });
    wait(ms);
  });
}
