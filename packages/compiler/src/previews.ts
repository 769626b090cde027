/**
 * `(preview "Name" [:traits {…}] [:setup f] [:effects {…}] [:actions {…}] markup…)`. A program that only runs skips it;
 * for tools, which expand with `record`, it is a definition like others: the cell `preview Name`.
 */
import type { Form, ListForm } from "@sorbus/reader";
import { NIL, type Value } from "@sorbus/vm";
import type { Core } from "./core.ts";
import type { Expansion } from "./expansion.ts";
import { syntaxError } from "./syntax.ts";
import { quoted } from "./values.ts";

/** The options that a preview takes, each with its value after it. */
const OPTIONS = ["traits", "setup", "effects", "actions"] as const;
type Option = (typeof OPTIONS)[number];

/** The name of the cell that a preview defines. No program can write it: it has a space in it. */
function previewCell(name: string): string {
  return `preview ${name}`;
}

export function expandPreview(x: Expansion, form: ListForm, name: string): Core {
  const options = new Map<Option, Form>();
  let at = 2;
  for (; form.items[at]?.type === "keyword"; at += 2) {
    const key = form.items[at] as Extract<Form, { type: "keyword" }>;
    const value = form.items[at + 1];
    const option = OPTIONS.find((known) => known === key.name);
    if (option === undefined) {
      syntaxError(
        key,
        `:${key.name} is no option of preview: it takes ${OPTIONS.map((o) => `:${o}`).join(" ")}`,
      );
    }
    if (value === undefined) syntaxError(key, `:${key.name} has no value`);
    if (options.has(option)) syntaxError(key, `:${key.name} is given twice`);
    options.set(option, value);
  }
  x.preview = { name, traits: traitsOf(options.get("traits")) };
  // Without `record` nothing in it is looked at: what a preview needs may not be there.
  if (x.live === undefined) return x.constant(form, NIL);
  const { cell } = x.module.defineBinding(previewCell(name));
  const effects = options.get("effects");
  const underEffects = (make: () => Core): Core =>
    effects === undefined
      ? make()
      : x.coreCall(form, "%with-effects", [x.expand(effects), x.thunk(form, make)]);
  const entries: Core[] = [];
  const entry = (key: string, value: Core): void => {
    entries.push(x.constant(form, key), value);
  };
  const traits = x.scope.fresh("traits");
  // What follows stands in functions inside the preview's own.
  const value = x.thunk(
    form,
    () => {
      entry(
        "render",
        x.lambdaOf(form, previewCell(name), [traits], () =>
          x.coreCall(form, "%provide", [
            x.constant(form, "traits"),
            x.local(form, traits),
            x.thunk(form, () =>
              underEffects(() =>
                x.coreCall(form, "raw!", [x.coreCall(form, "render-to-html", [markup(x, form, at)])]),
              ),
            ),
          ]),
        ),
      );
      const setup = options.get("setup");
      entry(
        "setup",
        setup === undefined
          ? x.nil(form)
          : x.thunk(form, () =>
              underEffects(() => ({ op: "call", form: setup, fn: x.expand(setup), args: [] })),
            ),
      );
      const actions = options.get("actions");
      entry("actions", actions === undefined ? x.nil(form) : x.thunk(form, () => x.expand(actions)));
      return x.coreCall(form, "dict", entries);
    },
    previewCell(name),
  );
  return { op: "define", form, cell, value };
}

/** What is shown: the forms after the options, as children. */
function markup(x: Expansion, form: ListForm, from: number): Core {
  return x.coreCall(
    form,
    "<>",
    form.items.slice(from).map((item) => x.expand(item)),
  );
}

function traitsOf(form: Form | undefined): Value | undefined {
  if (form === undefined) return undefined;
  if (form.type !== "dict") syntaxError(form, ':traits is a dict of constants, such as {:locale "de"}');
  return quoted(form);
}
