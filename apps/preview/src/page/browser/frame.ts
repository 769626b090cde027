/**
 * Runs in the document of a preview. Shows new views by changing only what is different, so that focus, selection,
 * what has been typed, what has been unfolded and how far one has scrolled stay; and passes touches to the program.
 */
import { Idiomorph } from "idiomorph";
import type { FrameView } from "../view.ts";
import { applyTraits } from "./media.ts";

/** Notes for whoever touches this page by program, such as a link that was not followed. */
let notes: string[] = [];
const pending = new Set<Promise<unknown>>();
/** Whether the program had them unfolded when it rendered them last. */
const unfolded = new WeakMap<Element, boolean>();
/** In the daemon's own browser, which shows what the traits say by itself. */
const emulated = new URLSearchParams(location.search).has("emulated");

function show(view: FrameView): void {
  const next = new DOMParser().parseFromString(view.document, "text/html");
  const kept = new WeakSet<Element>();
  Idiomorph.morph(document.documentElement, next.documentElement, {
    morphStyle: "outerHTML",
    restoreFocus: true,
    head: { style: "morph" },
    callbacks: {
      beforeNodeMorphed: (old, fresh) => {
        if (old instanceof Element && fresh instanceof Element && byHand(old, fresh)) kept.add(old);
        return true;
      },
      beforeAttributeUpdated: (name, node) => {
        if (name === "value" || name === "checked" || name === "open") return !kept.has(node);
        if (name === "selected") return !kept.has(node.closest("select") ?? node);
        return true;
      },
    },
  });
  for (const part of document.querySelectorAll("details")) if (!kept.has(part)) unfolded.set(part, part.open);
  if (view.assetsChanged) reloadStyles();
  if (!emulated) applyTraits(view.traits);
}

/** Whether something is as somebody has made it, and the program says of it what it said before. */
function byHand(old: Element, fresh: Element): boolean {
  if (old instanceof HTMLInputElement && fresh instanceof HTMLInputElement) {
    if (old.type !== fresh.type) return false;
    if (old.type === "checkbox" || old.type === "radio") {
      return old.checked !== old.defaultChecked && old.defaultChecked === fresh.defaultChecked;
    }
    return old.value !== old.defaultValue && old.defaultValue === fresh.defaultValue;
  }
  if (old instanceof HTMLTextAreaElement && fresh instanceof HTMLTextAreaElement) {
    return old.value !== old.defaultValue && old.defaultValue === fresh.defaultValue;
  }
  if (old instanceof HTMLSelectElement && fresh instanceof HTMLSelectElement) {
    const chosen = (select: HTMLSelectElement): string =>
      [...select.options].map((option) => `${option.defaultSelected} ${option.value}`).join("\n");
    return chosen(old) === chosen(fresh) && [...old.options].some((o) => o.selected !== o.defaultSelected);
  }
  if (old instanceof HTMLDetailsElement && fresh instanceof HTMLDetailsElement) {
    const was = unfolded.get(old);
    return was !== undefined && old.open !== was && fresh.open === was;
  }
  return false;
}

/** Asks for style sheets again; the old ones stay until the new ones are there. */
function reloadStyles(): void {
  for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel~="stylesheet"][href]')) {
    const url = new URL(link.href);
    if (url.origin !== location.origin) continue;
    url.searchParams.set("at", String(Date.now()));
    const next = link.cloneNode() as HTMLLinkElement;
    next.href = url.href;
    next.addEventListener("load", () => link.remove());
    next.addEventListener("error", () => next.remove());
    link.after(next);
  }
}

/** Calls an action of the program, and shows what comes of it. */
function act(action: string, detail: Record<string, unknown>): void {
  const asked = ask(action, detail).catch((error: unknown) => note(String(error)));
  pending.add(asked);
  void asked.finally(() => pending.delete(asked));
}

async function ask(action: string, detail: Record<string, unknown>): Promise<void> {
  const here = new URL(location.href);
  const response = await fetch(here.pathname.replace(/frame$/, "act"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      action,
      detail,
      preview: here.searchParams.get("preview"),
      variant: here.searchParams.get("variant"),
    }),
  });
  if (!response.ok) return note(`the action ${action} was not done: ${response.status}`);
  const answer = (await response.json()) as { view: FrameView; error: { message: string } | null };
  if (answer.error !== null) note(`the action ${action} failed: ${answer.error.message}`);
  show(answer.view);
}

function note(text: string): void {
  notes.push(text);
  // The page around this one tells people.
  if (parent !== window) parent.postMessage({ sorbus: "note", text }, location.origin);
}

/** What an action is told: the `data-*` of its element, and what the fields of its form hold. */
function detailOf(element: Element, form: HTMLFormElement | null): Record<string, unknown> {
  const detail: Record<string, unknown> = {};
  if (form !== null) {
    for (const [name, value] of new FormData(form)) if (typeof value === "string") detail[name] = value;
  }
  for (const [name, value] of Object.entries((element as HTMLElement).dataset)) {
    if (name !== "action") detail[name] = value;
  }
  if (
    element instanceof HTMLInputElement ||
    element instanceof HTMLTextAreaElement ||
    element instanceof HTMLSelectElement
  ) {
    detail.value = element.value;
    if (element instanceof HTMLInputElement && /^(checkbox|radio)$/.test(element.type))
      detail.checked = element.checked;
  }
  return detail;
}

const FIELDS = "input:not([type=button],[type=submit],[type=reset],[type=image]), textarea, select";

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const acting = target?.closest("[data-action]") ?? null;
  if (acting !== null && !(acting instanceof HTMLFormElement) && !acting.matches(FIELDS)) {
    event.preventDefault();
    return act(
      acting.getAttribute("data-action") ?? "",
      detailOf(acting, (acting as HTMLButtonElement).form ?? null),
    );
  }
  const link = target?.closest("a[href]") ?? null;
  const href = link?.getAttribute("href") ?? "";
  if (link !== null && !href.startsWith("#")) {
    event.preventDefault();
    note(`a link to ${href} was not followed: a preview stays where it is`);
  }
});

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target as HTMLFormElement;
  const action = form.getAttribute("data-action");
  if (action === null)
    note(
      `a form was not sent to ${form.getAttribute("action") ?? "the page's address"}: it has no data-action`,
    );
  else act(action, detailOf(form, form));
});

document.addEventListener("change", (event) => {
  const field = event.target instanceof Element ? event.target : null;
  const action = field?.matches(FIELDS) === true ? field.getAttribute("data-action") : null;
  if (field !== null && action !== null) act(action, detailOf(field, (field as HTMLInputElement).form));
});

for (const part of document.querySelectorAll("details")) unfolded.set(part, part.open);

const api = {
  show,
  /** The notes since it was asked last. */
  takeNotes(): string[] {
    const taken = notes;
    notes = [];
    return taken;
  },
  /** When all actions have been answered and what they changed is drawn. */
  async quiet(): Promise<void> {
    do {
      await Promise.all(pending);
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    } while (pending.size > 0);
  },
};
Object.assign(globalThis, { sorbus: api });

export type FrameApi = typeof api;
if (parent !== window) parent.postMessage({ sorbus: "ready" }, location.origin);
