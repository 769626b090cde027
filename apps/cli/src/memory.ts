/**
 * Ends a program that fills Node's heap, with a message; by itself Node would go on collecting for a minute
 * and then abort with a report about its own insides.
 */
import { constants, PerformanceObserver } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";

/** The part of the heap that a program may hold after a collection; beyond it, there might be no other one. */
const PART = 0.6;
/** Milliseconds after which a program is watched: most are done before, and need not load what this needs. */
const PATIENCE = 100;

/** @param full called once with a message */
export function watchHeap(full: (message: string) => void): void {
  setTimeout(() => {
    const { heap_size_limit: limit } = getHeapStatistics();
    const observer = new PerformanceObserver((list) => {
      const major = list.getEntries().some((entry) => {
        const { detail } = entry as PerformanceEntry & { readonly detail?: { readonly kind?: number } };
        return detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
      });
      if (!major || getHeapStatistics().used_heap_size < limit * PART) return;
      observer.disconnect();
      const gigabytes = (limit / 2 ** 30).toFixed(1);
      full(
        `the program holds most of the ${gigabytes} GiB of memory that Node gives it; ` +
          "NODE_OPTIONS=--max-old-space-size=8192 would give it 8 GiB",
      );
    });
    observer.observe({ entryTypes: ["gc"] });
  }, PATIENCE).unref();
}
