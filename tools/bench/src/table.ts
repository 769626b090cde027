/** Figures as rows of text, for the terminal and for the report. */
import { type Figure, geometricMean } from "./harness.ts";

export const COLUMNS: readonly string[] = [
  "benchmark",
  "contender",
  "median ms",
  "min",
  "max",
  "× baseline",
  "goal",
  "MB/s",
  "ns/step",
];

/** The cells of a figure, one a column. */
export function cells(figure: Figure): string[] {
  return [
    figure.benchmark,
    figure.contender,
    figure.medianMs.toPrecision(4),
    figure.minMs.toPrecision(4),
    figure.maxMs.toPrecision(4),
    figure.ratio.toFixed(2),
    figure.goal === undefined ? "" : `≤ ${figure.goal}`,
    figure.megabytesPerSecond?.toFixed(1) ?? "",
    figure.nanosecondsPerStep?.toFixed(0) ?? "",
  ];
}

/** Figures as aligned text. Columns in which nothing stands are left out. */
export function table(figures: readonly Figure[]): string {
  const all = [[...COLUMNS], ...figures.map(cells)];
  const used = COLUMNS.map((_, column) => all.slice(1).some((row) => row[column] !== ""));
  const rows = all.map((row) => row.filter((_, column) => used[column]));
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export interface Mean {
  readonly contender: string;
  readonly over: number;
  readonly ratio: number;
}

/**
 * The geometric mean of each contender that took part in at least two of the benchmarks, the baselines left
 * out; means over different benchmarks cannot be compared, so each says over how many.
 */
export function means(figures: readonly Figure[], benchmarks: readonly string[]): Mean[] {
  // What is slow runs at a size of its own, but for SX: `fib, size 20` is `fib` to BiwaScheme.
  const plain = new Set(figures.filter((f) => benchmarks.includes(f.benchmark)).map((f) => f.contender));
  const counted = figures.filter((f) =>
    plain.has(f.contender)
      ? benchmarks.includes(f.benchmark)
      : benchmarks.some((name) => f.benchmark.startsWith(`${name}, `)),
  );
  const baselines = new Set(figures.filter((f) => f.ratio === 1).map((f) => f.contender));
  const contenders = [...new Set(counted.map((f) => f.contender))].filter((name) => !baselines.has(name));
  return contenders.flatMap((contender) => {
    const ratios = counted.filter((f) => f.contender === contender).map((f) => f.ratio);
    return ratios.length < 2 ? [] : [{ contender, over: ratios.length, ratio: geometricMean(ratios) }];
  });
}
