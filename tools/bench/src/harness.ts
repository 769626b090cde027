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
  /** Take one run as a sample however short it is, by the clock on the wall: for what other processes do. */
  readonly single?: true;
  /** How often one run does the thing in question, where nanoseconds for each say something. */
  readonly steps?: number;
  /** The ratio that compiled code is to reach. */
  readonly goal?: number;
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
  readonly nanosecondsPerStep?: number;
  readonly goal?: number;
}

export interface Options {
  /** Samples of each contender. */
  readonly rounds: number;
  /** A sample repeats the run until it lasts about that long. */
  readonly sampleMs: number;
  /** Milliseconds from anywhere: of the process's CPU time, for instance. */
  readonly now: () => number;
  /** Milliseconds on the wall, for `single`; default: `now`. */
  readonly wall?: () => number;
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
  const { sampleMs } = options;
  const now = benchmark.single === true ? (options.wall ?? options.now) : options.now;
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
      ...(benchmark.steps !== undefined && { nanosecondsPerStep: (medianMs * 1e6) / benchmark.steps }),
      ...(benchmark.goal !== undefined && { goal: benchmark.goal }),
    };
  });
}

/** @throws RangeError for none */
export function geometricMean(ratios: readonly number[]): number {
  if (ratios.length === 0) throw new RangeError("no ratios have no mean");
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}
