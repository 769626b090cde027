/** Results as people read them at a terminal. Programs ask for `--json`. */

import type { CommandName, Result } from "../vocabulary/commands.ts";
import type { ElementNode } from "../vocabulary/results.ts";

type Presenters = { readonly [N in CommandName]: (result: Result<N>) => string };

type Standing = Pick<Result<"wait">, "session" | "revision" | "stale" | "error">;
type Rec = Result<"explain">["records"][number];
type Variant = Result<"variants">["variants"][number];

/** The text of a result, without a newline at its end. */
export function present<N extends CommandName>(name: N, result: unknown): string {
  return (presenters[name] as (result: Result<N>) => string)(result as Result<N>);
}

const presenters: Presenters = {
  run: (result) => lines(result.url, previews(result.list), warning(result)),
  list: (result) => previews(result.previews),
  snapshot: (result) =>
    lines(`${result.name === "" ? "" : `${result.name}: `}${picture(result.picture)}`, warning(result)),
  "snapshot-all": (result) =>
    lines(
      ...result.entries.map(
        ({ name, variants: all }) =>
          `${all.every(({ status }) => status === "ok") ? "✓" : "✗"} ${name}: ${all.map(shortVariant).join(", ")}`,
      ),
      ...result.errors.map(({ file, error }) => `✗ ${file}\n${indented(error.detail || error.message)}`),
      `${plural(result.taken, "picture")}, ${result.failed} failed: ${result.gallery}`,
    ),
  variants: (result) => lines(...result.variants.map(variant), warning(result)),
  configure: (result) =>
    lines(
      Object.keys(result.traits).length === 0 ? "no traits" : JSON.stringify(result.traits),
      warning(result),
    ),
  switch: (result) => lines(`${result.preview}: ${result.name}`, warning(result)),
  elements: (result) => lines(tree(result.elements, ""), warning(result)),
  touch: (result) =>
    lines(
      result.changed ? result.changes.join("\n") : `nothing was seen to change by the ${result.action}`,
      warning(result),
    ),
  diff: (result) => {
    const { html, pixels } = result;
    return lines(
      `against ${result.against}: ${result.equal ? "equal" : "different"}`,
      html === null
        ? ""
        : html.equal
          ? "HTML: equal"
          : `HTML: +${html.added} −${html.removed}\n${html.patch.trimEnd()}`,
      pixels.equal
        ? "pixels: equal"
        : `pixels: ${pixels.different} differ (${(pixels.ratio * 100).toFixed(2)} %)${pixels.sizes[0] === pixels.sizes[1] ? "" : `, sizes ${pixels.sizes.join(" and ")}`}`,
      pixels.output === null ? "" : `picture of the differences: ${pixels.output}`,
      warning(result),
    );
  },
  explain: (result) =>
    lines(
      result.records.length === 0 ? "no reloads yet" : result.records.map(record).join("\n\n"),
      warning(result),
    ),
  wait: (result) =>
    lines(
      `revision ${result.revision}`,
      result.record === null ? "" : recordLine(result.record),
      warning(result),
    ),
  state: (result) =>
    lines(
      `${result.action === "save" ? "saved" : "restored"}${result.path === null ? "" : ` ${result.action === "save" ? "to" : "from"} ${result.path}`}: ${result.kept.join(", ") || "nothing"}`,
      ...result.dropped.map(({ name, why }) => `dropped ${name}: ${why}`),
      warning(result),
    ),
  sessions: ({ sessions }) =>
    sessions.length === 0
      ? "no sessions"
      : sessions
          .map((one) =>
            lines(
              `${one.session}  revision ${one.revision}${one.stale ? ", stale" : ""}  ${plural(one.previews, "preview")}`,
              `  ${one.file}`,
              `  ${one.url}`,
            ),
          )
          .join("\n"),
  stop: ({ stopped }) =>
    stopped.length === 0 ? "no sessions" : stopped.map((id) => `ended ${id}`).join("\n"),
  status: (result) =>
    lines(
      `version   ${result.version}, Node ${result.node}`,
      `process   ${result.pid}, for ${result.uptime} s, ${result.memory} MiB`,
      `sessions  ${result.sessions}`,
      `pages     ${result.page}`,
      `browser   ${result.browser.state}${result.browser.version === null ? "" : `, ${result.browser.version}`}`,
      `socket    ${result.socket}`,
      `log       ${result.log}`,
    ),
};

/** A reload on one line. */
export function recordLine(record: Rec): string {
  const total = Object.values(record.timings).reduce((sum, ms) => sum + ms, 0);
  const mark = record.status === "failed" ? "✗" : "✓";
  return `${mark} ${record.tier.padEnd(9)} ${total.toFixed(1).padStart(6)} ms  ${record.error?.message ?? record.reason}`;
}

function record(one: Rec): string {
  const phases = Object.entries(one.timings)
    .filter(([, ms]) => ms > 0)
    .map(([phase, ms]) => `${phase} ${ms.toFixed(1)}`);
  return lines(
    `revision ${one.revision}  ${recordLine(one)}`,
    one.files.length === 0 ? "" : `  files        ${one.files.join(", ")}`,
    one.definitions.length === 0 ? "" : `  definitions  ${one.definitions.join(", ")}`,
    one.stateKept.length === 0 ? "" : `  state kept   ${one.stateKept.join(", ")}`,
    ...one.stateDropped.map(({ name, why }) => `  dropped      ${name}: ${why}`),
    `  generation   ${one.generation}`,
    phases.length === 0 ? "" : `  ms           ${phases.join(", ")}`,
    one.error === null ? "" : indented(one.error.detail),
  );
}

function warning({ stale, error }: Standing): string {
  if (error === null) return stale ? "what is shown is older than the sources" : "";
  const first = stale
    ? "stale: the sources have an error, and what is shown is older"
    : "the last render failed";
  return lines(first, indented(error.detail || error.message), error.remediation);
}

function previews(all: Result<"list">["previews"]): string {
  if (all.length === 0) return "no previews";
  return all
    .map(({ index, name, line }) => `${String(index).padStart(3)}  ${name}  (line ${line})`)
    .join("\n");
}

function picture({ width, height, bytes, output }: NonNullable<Variant["picture"]>): string {
  return `${output ?? "picture"}, ${width}×${height}, ${(bytes / 1024).toFixed(1)} KiB`;
}

const shortVariant = ({ name, status }: Variant): string => (status === "ok" ? name : `${name} failed`);

function variant(one: Variant): string {
  if (one.picture !== null) return `✓ ${one.name}: ${picture(one.picture)}`;
  return `✗ ${one.name}\n${indented(one.error?.detail || one.error?.message || "not taken")}`;
}

function tree(nodes: readonly ElementNode[], indent: string): string {
  return nodes
    .map(({ ref, role, name, value, states, source, children }) => {
      const words = [
        ref === null ? "" : `[${ref}]`,
        role,
        name === "" ? "" : JSON.stringify(name),
        value === null ? "" : `= ${JSON.stringify(value)}`,
        ...Object.entries(states).map(([state, is]) => (is === true ? state : `${state}=${is}`)),
        source === null ? "" : `(${source.file.split("/").at(-1)}:${source.line}:${source.column})`,
      ];
      return lines(indent + words.filter((word) => word !== "").join(" "), tree(children, `${indent}  `));
    })
    .join("\n");
}

function lines(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n");
}

const indented = (text: string): string =>
  text
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;
