/** The report: one HTML page that needs nothing else, a chart for each benchmark beside its figures. */
import type { Figure } from "./harness.ts";
import { COLUMNS, cells, type Mean } from "./table.ts";

export interface Report {
  /** ISO 8601. */
  readonly when: string;
  readonly machine: Readonly<Record<string, string | number | undefined>>;
  /** What was measured: "CPU time" or "time on the clock". */
  readonly clock: string;
  readonly figures: readonly Figure[];
  readonly means: readonly Mean[];
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] ?? c);

const LABEL = 150;
const WIDTH = 460;
const ROW = 24;
const VALUE = 70;

/**
 * Horizontal bars from 1 (the baseline) on a logarithmic scale: twice as slow is as far to the right as twice
 * as fast is to the left. A dashed line marks the goal.
 */
function chart(
  name: string,
  bars: readonly { readonly label: string; readonly ratio: number }[],
  goal?: number,
): string {
  const logs = bars.map(({ ratio }) => Math.log2(ratio));
  const low = Math.min(0, ...logs);
  const high = Math.max(1, ...logs, Math.log2(goal ?? 1));
  const x = (log: number): number => LABEL + ((log - low) / (high - low)) * WIDTH;
  const height = bars.length * ROW;
  const rows = bars.map(({ label, ratio }, i) => {
    const [from, to] = [x(0), x(Math.log2(ratio))];
    const y = i * ROW;
    return `<text x="${LABEL - 8}" y="${y + 16}" text-anchor="end">${escaped(label)}</text><rect x="${Math.min(from, to).toFixed(1)}" y="${y + 4}" width="${Math.max(1, Math.abs(to - from)).toFixed(1)}" height="${ROW - 8}"/><text class="value" x="${(Math.max(from, to) + 6).toFixed(1)}" y="${y + 16}">×${ratio.toFixed(2)}</text>`;
  });
  const line = (log: number, kind: string): string =>
    `<line class="${kind}" x1="${x(log).toFixed(1)}" x2="${x(log).toFixed(1)}" y1="0" y2="${height}"/>`;
  const marks = line(0, "one") + (goal === undefined ? "" : line(Math.log2(goal), "goal"));
  return `<svg role="img" aria-label="${escaped(name)}: ratios to the baseline" viewBox="0 0 ${LABEL + WIDTH + VALUE} ${height}">${rows.join("")}${marks}</svg>`;
}

function figureTable(figures: readonly Figure[]): string {
  const rows = figures.map(cells);
  const used = COLUMNS.map((_, column) => column > 0 && rows.some((row) => row[column] !== ""));
  const line = (tag: string, row: readonly string[]): string =>
    `<tr>${row
      .filter((_, column) => used[column])
      .map((cell) => `<${tag}>${escaped(cell)}</${tag}>`)
      .join("")}</tr>`;
  return `<table>${line("th", COLUMNS)}${rows.map((row) => line("td", row)).join("")}</table>`;
}

const STYLE = `
:root { color-scheme: light dark; --bar: #4a7fb5; --line: #8888; --goal: #c0392b; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.pair { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start; }
.pair > svg { flex: 1 1 26rem; max-width: 42rem; } .pair > div { overflow-x: auto; }
svg text { font-size: 13px; fill: currentColor; } svg rect { fill: var(--bar); }
svg .one { stroke: var(--line); } svg .goal { stroke: var(--goal); stroke-dasharray: 4 3; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { padding: .15rem .6rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
`;

/** The page. */
export function reportPage({ when, machine, clock, figures, means }: Report): string {
  const benchmarks = [...new Set(figures.map((f) => f.benchmark))];
  const facts = Object.entries(machine).map(([key, value]) => `${key} ${value}`);
  const sections = benchmarks.map((name) => {
    const own = figures.filter((f) => f.benchmark === name);
    const bars = own.map(({ contender, ratio }) => ({ label: contender, ratio }));
    return section(name, chart(name, bars, own[0]?.goal), figureTable(own));
  });
  const summary = means.length === 0 ? [] : [meanSection(means)];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Benchmarks</title><style>${STYLE}</style></head><body>
<h1>Benchmarks</h1>
<p>${escaped(when)}. ${escaped(facts.join(", "))}. Medians of interleaved samples of ${escaped(clock)}; × is the ratio to
the first contender of the same run, on a logarithmic scale; a dashed line is the goal for compiled code. What
contenders computed was equal. The same figures are in <code>figures.json</code>.</p>
${[...summary, ...sections].join("\n")}
</body></html>
`;
}

const section = (title: string, picture: string, rows: string): string =>
  `<section><h2>${escaped(title)}</h2><div class="pair">${picture}<div>${rows}</div></div></section>`;

function meanSection(means: readonly Mean[]): string {
  const rows = means.map(
    ({ contender, over, ratio }) =>
      `<tr><td>${escaped(contender)}</td><td>${ratio.toFixed(2)}</td><td>${over}</td></tr>`,
  );
  return section(
    "Geometric means",
    chart(
      "Geometric means",
      means.map(({ contender, ratio }) => ({ label: contender, ratio })),
    ),
    `<table><tr><th>contender</th><th>× baseline</th><th>benchmarks</th></tr>${rows.join("")}</table>`,
  );
}
