/** So many requests at once; others wait in line, first come first served. A synchronous answer holds no place. */
import { type Layer, Line, settled } from "../layer.ts";

export interface ConcurrencyPolicy {
  readonly limit: number;
  /** The most that may wait; more fail with kind "limit". Default 10,000. */
  readonly queue?: number;
}

export function concurrency({ limit, queue = 10_000 }: ConcurrencyPolicy): Layer {
  return (next) => {
    let running = 0;
    const line = new Line(queue, `${limit} requests are under way`);
    const leave = (): void => {
      // Whoever is next takes the place over.
      if (!line.next()) running--;
    };
    return (args, context) => {
      const go = (): unknown => settled(() => next(args, context), leave);
      if (running < limit) {
        running++;
        return go();
      }
      return line.wait(context).then(go);
    };
  };
}
