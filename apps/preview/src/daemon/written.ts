/**
 * Where each element was written. The program is built a second time, of texts in which every form that makes an
 * element says its place in an attribute, is given the session's state, and rendered. That HTML counts only if it is
 * the session's own but for those attributes: a macro that looks at its forms, say, may make something else of them.
 */

import { type Form, type ListForm, read } from "@sorbus/reader";
import { ELEMENTS } from "@sorbus/vm";
import { nodeFiles, type SourceFiles } from "sorbus";
import { createReloader, noWatcher, type Rendered } from "../reloader.ts";
import type { Live } from "./live.ts";

/** The attribute; programs have no other use for it. */
const ATTRIBUTE = "data-sx-at";

/** Names that are as often those of variables: `(let ((a 1)) …)` is no link. */
const SHORT = /^.$/;

/**
 * The HTML of what the session shows, with the place of each element in it.
 * @returns undefined where that cannot be had for sure
 */
export async function writtenPlaces(live: Live, shown: Rendered): Promise<string | undefined> {
  if (shown.html === undefined || shown.error !== undefined || shown.preview === undefined) return undefined;
  for (const skip of [undefined, SHORT]) {
    const html = await build(live, shown, shown.preview.index, skip);
    if (html?.replaceAll(new RegExp(` ${ATTRIBUTE}="[^"]*"`, "g"), "") === shown.html) return html;
  }
  return undefined;
}

async function build(
  live: Live,
  shown: Rendered,
  preview: number,
  skip: RegExp | undefined,
): Promise<string | undefined> {
  const { config } = live;
  const files: SourceFiles = {
    resolve: (specifier, from) => nodeFiles.resolve(specifier, from),
    read: async (path) => {
      const text = await nodeFiles.read(path);
      return path.endsWith(".sx") ? withPlaces(path, text, skip) : text;
    },
  };
  await using reloader = await createReloader({
    root: config.root,
    files,
    watcher: noWatcher(),
    verifyAfter: false,
    ...(config.setup !== undefined && { hooks: config.setup }),
    ...(config.timeLimit !== undefined && { limits: { time: config.timeLimit } }),
  });
  const session = await reloader.open(live.file, { traits: live.chosen });
  if (session.standing().stale) return undefined;
  await session.restoreState(await live.session.saveState());
  const { html, error } = await session.render({ preview, traits: shown.traits });
  return error === undefined ? html : undefined;
}

/** The text, in which each form `(element …)` has its place as an attribute. Lines stay the lines that they are. */
export function withPlaces(path: string, text: string, skip?: RegExp): string {
  const { forms, errors } = read(text, { file: path });
  if (errors.length > 0) return text;
  const marks: { readonly at: number; readonly place: string }[] = [];
  const visit = (form: Form): void => {
    if (form.type === "dict") form.items.forEach(visit);
    if (form.type !== "list") return;
    const [head] = form.items;
    const name = head?.type === "symbol" ? head.name : undefined;
    // What is quoted is data.
    if (name === "quote") return;
    if (name !== undefined && head !== undefined && isElement(form, name) && skip?.test(name) !== true) {
      const at = head.origin.offset + head.end;
      marks.push({ at, place: placeOf(text, path, form.origin.offset + form.start) });
    }
    evaluated(form, name).forEach(visit);
  };
  forms.forEach(visit);
  let result = "";
  let from = 0;
  for (const { at, place } of marks) {
    result += `${text.slice(from, at)} :${ATTRIBUTE} ${JSON.stringify(place)}`;
    from = at;
  }
  return result + text.slice(from);
}

const PARAMETERS: Readonly<Record<string, number>> = { fn: 1, lambda: 1, define: 1, defcomp: 2, defmacro: 2 };
const BINDINGS = new Set(["let", "let*", "letrec"]);

/** What of a form is evaluated: not its parameters, nor the names that it binds, which may be those of elements. */
function evaluated({ items }: ListForm, name: string | undefined): readonly Form[] {
  const parameters = name === undefined || !Object.hasOwn(PARAMETERS, name) ? undefined : PARAMETERS[name];
  if (parameters !== undefined) {
    return items.filter((item, i) => i !== parameters || (item.type !== "list" && item.type !== "dict"));
  }
  if (name === undefined || !BINDINGS.has(name)) return items;
  // A named let has its name before the bindings.
  const at = items[1]?.type === "symbol" ? 2 : 1;
  return items.flatMap((item, i): readonly Form[] => {
    if (i !== at || item.type !== "list" || item.bracket !== "(") return [item];
    return item.items.flatMap((pair) => (pair.type === "list" ? pair.items.slice(1) : [pair]));
  });
}

function isElement({ bracket, prefix }: ListForm, name: string): boolean {
  return bracket === "(" && prefix === undefined && ELEMENTS.has(name.replace(/^html\//, ""));
}

/** 1-based line and column, as messages have them. */
function placeOf(text: string, path: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return `${path}:${line}:${offset - before.lastIndexOf("\n")}`;
}
