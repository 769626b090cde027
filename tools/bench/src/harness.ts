/**
 * Measures programs against each other in one process. Figures of different runs on a shared machine
 * cannot be compared; ratios of samples that were taken in turn can. So each round takes a sample of every
 * contender, the order turns with the round, and a figure is the median of its samples over the median of
 * the baseline's. What contenders compute is compared too: a fast wrong answer is no result.
 */

/** One way of doing the work. */
export interface Contender {
  readonly name: string;
  /** Does the work once and gives what it computed: a number or a string, equal for all contenders. */
  readonly run: () => unknown;
}

export interface Benchmark {
  readonly name: string;
  /** The first is the baseline. */
  readonly contenders: readonly Contender[];
  /** Bytes that one run goes through, where a rate in MB/s says something. */
  readonly bytes?: number;
  /** Samples of each contender; default: the options'. For what takes long. */
  readonly rounds?: number;
  /** Take one run as a sample however short it is: for what does not repeat, such as starting a process. */
  readonly single?: true;
}

export interface Figure {
  readonly benchmark: string;
  readonly contender: string;
  /** Of one run. */
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** The median over the baseline's median; 1 for the baseline. */
  readonly ratio: number;
  readonly megabytesPerSecond?: number;
}

export interface Options {
  /** Samples of each contender. */
  readonly rounds: number;
  /** A sample repeats the run until it lasts about that long. */
  readonly sampleMs: number;
  /** Milliseconds from anywhere, for instance `performance.now`. */
  readonly now: () => number;
}

/** The middle of the values; the mean of the two middle ones of an even number. @throws RangeError for none */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new RangeError("no values have no median");
  return (lower + upper) / 2;
}

/** The contenders in the order of round `round`: everybody is sometimes first. */
export function turned<T>(items: readonly T[], round: number): T[] {
  const at = round % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}

/**
 * Runs each contender once, which also warms it up, and compares what they computed.
 * @throws Error that shows the two results when they differ
 */
async function agree({ name, contenders }: Benchmark): Promise<void> {
  let expected: unknown;
  for (const [index, contender] of contenders.entries()) {
    const result = await contender.run();
    if (typeof result !== "number" && typeof result !== "string") {
      throw new Error(`${name}: ${contender.name} gave ${typeof result}, not a number or a string`);
    }
    if (index === 0) expected = result;
    else if (!Object.is(result, expected)) {
      throw new Error(
        `${name}: ${contender.name} gave ${shown(result)}, ${contenders[0]?.name} ${shown(expected)}`,
      );
    }
  }
}

const shown = (result: unknown): string => JSON.stringify(String(result).slice(0, 200));

/** Measures one benchmark. @throws Error when contenders disagree */
export async function measure(benchmark: Benchmark, options: Options): Promise<Figure[]> {
  const { now, sampleMs } = options;
  await agree(benchmark);
  const samples = new Map<Contender, number[]>();
  const repeats = new Map<Contender, number>();
  for (const contender of benchmark.contenders) {
    samples.set(contender, []);
    const start = now();
    await contender.run();
    const once = Math.max(now() - start, 0.001);
    repeats.set(contender, benchmark.single ? 1 : Math.min(10_000, Math.max(1, Math.round(sampleMs / once))));
  }
  for (let round = 0; round < (benchmark.rounds ?? options.rounds); round++) {
    for (const contender of turned(benchmark.contenders, round)) {
      const times = repeats.get(contender) ?? 1;
      const start = now();
      for (let i = 0; i < times; i++) await contender.run();
      samples.get(contender)?.push((now() - start) / times);
    }
  }
  const baseline = median(samples.get(benchmark.contenders[0] as Contender) ?? []);
  return benchmark.contenders.map((contender) => {
    const taken = samples.get(contender) ?? [];
    const medianMs = median(taken);
    return {
      benchmark: benchmark.name,
      contender: contender.name,
      medianMs,
      minMs: Math.min(...taken),
      maxMs: Math.max(...taken),
      ratio: medianMs / baseline,
      ...(benchmark.bytes !== undefined && { megabytesPerSecond: benchmark.bytes / 1000 / medianMs }),
    };
  });
}

/** Figures as aligned text. */
export function table(figures: readonly Figure[]): string {
  const rows = [["benchmark", "contender", "median ms", "min", "max", "× baseline", "MB/s"]];
  for (const f of figures) {
    rows.push([
      f.benchmark,
      f.contender,
      f.medianMs.toPrecision(4),
      f.minMs.toPrecision(4),
      f.maxMs.toPrecision(4),
      f.ratio.toFixed(2),
      f.megabytesPerSecond?.toFixed(1) ?? "",
    ]);
  }
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

/** The geometric mean of the ratios of one contender. */
export function geometricMean(ratios: readonly number[]): number {
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}
