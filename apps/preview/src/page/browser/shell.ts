/** Runs in the page around a live preview: follows the session, and shows what it says of itself. */
import type { FrameView, ShellView, VariantView } from "../view.ts";

interface FrameWindow extends Window {
  readonly sorbus?: { show(view: FrameView): void };
}

const base = location.pathname.replace(/\/$/, "");
const presets: Readonly<Record<string, string>> = {
  light: "light",
  dark: "dark",
  rtl: "right to left",
  "reduced-motion": "less motion",
  mobile: "phone",
  tablet: "tablet",
  desktop: "desktop",
};

function part<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as T;
}

const frames = part("frames");
const overlay = part("overlay");
const traitsForm = part<HTMLFormElement>("traits");

let view: ShellView | undefined;
/** Names of the variants that are shown beside the session's own view. */
let shown: string[] = JSON.parse(sessionStorage.getItem(`variants ${base}`) ?? "[]") as string[];
/** The error that somebody has looked behind. */
let hidden: string | undefined;

// ---- following the session -----------------------------------------------------------------

function follow(): void {
  const events = new EventSource(`${base}/events`);
  events.addEventListener("view", (event) => {
    document.body.classList.remove("lost");
    update(JSON.parse((event as MessageEvent<string>).data) as ShellView);
  });
  events.addEventListener("note", (event) => note((event as MessageEvent<string>).data));
  events.addEventListener("end", () => {
    events.close();
    lost("This session has ended.");
  });
  // It connects again by itself.
  events.addEventListener("error", () => lost("The daemon does not answer. This page goes on when it does."));
}

function lost(text: string): void {
  document.body.classList.add("lost");
  part("status").textContent = text;
}

async function post(what: string, body: unknown): Promise<void> {
  const response = await fetch(`${base}/${what}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) note(((await response.json()) as { message: string }).message);
}

// ---- showing it ----------------------------------------------------------------------------

function update(next: ShellView): void {
  const first = view === undefined;
  view = next;
  showPreviews(next);
  showTraits(next);
  showProblem(next);
  showStatus(next);
  for (const text of next.notices) note(text);
  const own = frameFor("", next.traits.viewport, "");
  if (!first) {
    const started = performance.now();
    (own.contentWindow as FrameWindow | null)?.sorbus?.show(next);
    const milliseconds = performance.now() - started;
    if (next.record?.timings.patch === 0) void post("shown", { revision: next.revision, milliseconds });
  }
  void showVariants(next);
}

function showPreviews({ previews, preview }: ShellView): void {
  const list = part("previews");
  const items = previews.map(({ index, name, line }) => {
    const button = make("button", { type: "button", title: `line ${line}` }, name);
    if (index === preview) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => void post("switch", { preview: index }));
    return make("li", {}, button);
  });
  replace(list, items.length > 0 ? items : [make("li", { class: "none" }, "none: nothing has loaded yet")]);
}

function showTraits({ chosen }: ShellView): void {
  const size = traitsForm.elements.namedItem("viewport") as HTMLSelectElement;
  const wanted = chosen.viewport === undefined ? "" : `${chosen.viewport.width}×${chosen.viewport.height}`;
  const sizes = ["", "390×844", "820×1180", "1280×800", "1440×900"];
  if (wanted !== "" && !sizes.includes(wanted)) sizes.push(wanted);
  replace(
    size,
    sizes.map((text) => make("option", { value: text }, text === "" ? "as it is" : text)),
  );
  size.value = wanted;
  select("colorScheme", chosen.colorScheme ?? "");
  select("direction", chosen.direction ?? "");
  select(
    "fontScale",
    chosen.fontScale === undefined || chosen.fontScale === 1 ? "" : String(chosen.fontScale),
  );
  check("reducedMotion", chosen.reducedMotion === true);
  check("contrast", chosen.contrast === "more");
  check("print", chosen.print === true);
}

function select(name: string, value: string): void {
  const field = traitsForm.elements.namedItem(name) as HTMLSelectElement;
  if (![...field.options].some((option) => option.value === value)) field.add(new Option(value, value));
  field.value = value;
}

function check(name: string, on: boolean): void {
  (traitsForm.elements.namedItem(name) as HTMLInputElement).checked = on;
}

/** What the form says, as traits. */
function chosenTraits(): Record<string, unknown> {
  const data = new FormData(traitsForm);
  const traits: Record<string, unknown> = {};
  const size = /^(\d+)×(\d+)$/.exec(String(data.get("viewport")));
  if (size !== null) traits.viewport = { width: Number(size[1]), height: Number(size[2]) };
  for (const name of ["colorScheme", "direction"]) if (data.get(name) !== "") traits[name] = data.get(name);
  if (data.get("fontScale") !== "") traits.fontScale = Number(data.get("fontScale"));
  for (const name of ["reducedMotion", "print"]) if (data.has(name)) traits[name] = true;
  if (data.has("contrast")) traits.contrast = "more";
  // Those that the form does not know of stay.
  for (const name of ["locale", "pixelRatio", "forcedColors"] as const) {
    if (view?.chosen[name] !== undefined) traits[name] = view.chosen[name];
  }
  return traits;
}

function showProblem({ error, stale }: ShellView): void {
  document.body.classList.toggle("stale", stale);
  const key = error === null ? undefined : `${error.code} ${error.detail}`;
  if (key !== hidden) hidden = undefined;
  overlay.hidden = error === null || hidden !== undefined;
  if (error === null) return;
  const titles: Readonly<Record<string, string>> = {
    read: "This cannot be read",
    compile: "This does not compile",
    load: "This does not run",
    setup: "The setup failed",
    render: "This does not render",
    action: "The action failed",
    agent: "The program's process failed",
  };
  part("problem-title").textContent = titles[error.phase] ?? "Something is wrong";
  part("problem-message").textContent = error.message;
  part("problem-detail").textContent = error.detail;
  part("problem-remedy").textContent = error.remediation;
  part("problem-hide").onclick = () => {
    hidden = key;
    overlay.hidden = true;
    part("stage").focus();
  };
}

function showStatus({ record, revision, stale, error, file }: ShellView): void {
  const folder = file.slice(0, file.lastIndexOf("/") + 1);
  const status = part("status");
  if (record === null) {
    replace(status, [text(error === null ? "Waiting for a save." : "Waiting for the save that mends it.")]);
    return;
  }
  const { timings } = record;
  const total = Object.values(timings).reduce((sum, ms) => sum + ms, 0);
  const phases = Object.entries(timings)
    .filter(([, ms]) => ms > 0)
    .map(([phase, ms]) => `${phase} ${milliseconds(ms)}`);
  const tier = make("span", { class: `tier ${record.status === "failed" ? "failed" : record.tier}` });
  tier.textContent = record.status === "failed" ? "failed" : record.tier;
  replace(status, [
    tier,
    text(` ${record.reason.replaceAll(folder, "")} `),
    make("span", { class: "time", title: phases.join(", ") }, `${milliseconds(total)} ms`),
    make("span", { class: "phases" }, phases.join(" · ")),
    make("span", { class: "revision" }, `revision ${revision}${stale ? ", shown: older" : ""}`),
  ]);
}

function milliseconds(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : String(Math.round(ms));
}

function note(message: string): void {
  const notes = part("notes");
  notes.append(make("span", {}, message));
  while (notes.childElementCount > 3) notes.firstElementChild?.remove();
}

// ---- the frames ----------------------------------------------------------------------------

/** The frame of a variant, or of the session's own view (""); made if it is not there, and given its size. */
function frameFor(name: string, size: { width: number; height: number }, label: string): HTMLIFrameElement {
  let figure = [...frames.children].find((one) => (one as HTMLElement).dataset.name === name);
  let frame = figure?.querySelector("iframe") ?? null;
  if (figure === undefined || frame === null) {
    const query = name === "" ? "" : `?variant=${encodeURIComponent(name)}`;
    frame = make("iframe", {
      src: `${base}/frame${query}`,
      title: name === "" ? "Preview" : `Preview, ${label}`,
    });
    figure = make(
      "figure",
      { "data-name": name },
      make("figcaption", {}, label),
      make("div", { class: "scaled" }, frame),
    );
    frames.append(figure);
  }
  const scaled = frame.parentElement as HTMLElement;
  scaled.style.setProperty("--width", String(size.width));
  scaled.style.setProperty("--height", String(size.height));
  fit(scaled);
  return frame;
}

/** Makes the frame as large as the traits say, and as large on the screen as there is room. */
function fit(scaled: HTMLElement): void {
  const width = Number(scaled.style.getPropertyValue("--width"));
  const height = Number(scaled.style.getPropertyValue("--height"));
  const alone = frames.childElementCount === 1;
  const room = part("stage").clientWidth - 32;
  const most = alone ? room : Math.min(room, Math.max(300, (room - 28) / 2));
  const scale = Math.min(1, most / width);
  scaled.style.width = `${Math.round(width * scale)}px`;
  scaled.style.height = `${Math.round(height * scale)}px`;
  scaled.style.setProperty("--scale", String(scale));
}

async function showVariants({ preview, revision }: ShellView): Promise<void> {
  for (const figure of [...frames.children]) {
    const { name = "" } = (figure as HTMLElement).dataset;
    if (name !== "" && !shown.includes(name)) figure.remove();
  }
  frames.classList.toggle("several", shown.length > 0);
  if (shown.length > 0) {
    const query = shown.map((name) => `set=${encodeURIComponent(name)}`).join("&");
    const response = await fetch(`${base}/variants?${query}`);
    if (!response.ok) return note("the variants cannot be shown");
    const all = (await response.json()) as (VariantView & { readonly frame: FrameView | null })[];
    // A newer view has come in the meantime, and brings its own.
    if (view?.revision !== revision || view.preview !== preview) return;
    for (const { name, traits, frame, error } of all) {
      if (traits === null || frame === null) {
        note(`${name}: ${error?.message ?? "not shown"}`);
        continue;
      }
      const element = frameFor(name, traits.viewport, presets[name] ?? name);
      (element.contentWindow as FrameWindow | null)?.sorbus?.show(frame);
    }
  }
  for (const scaled of frames.querySelectorAll<HTMLElement>(".scaled")) fit(scaled);
}

function showPresets(): void {
  replace(
    part("presets"),
    Object.entries(presets).map(([name, label]) => {
      const button = make("button", { type: "button", "aria-pressed": String(shown.includes(name)) }, label);
      button.addEventListener("click", () => {
        shown = shown.includes(name) ? shown.filter((one) => one !== name) : [...shown, name];
        sessionStorage.setItem(`variants ${base}`, JSON.stringify(shown));
        showPresets();
        if (view !== undefined) void showVariants(view);
      });
      return make("li", {}, button);
    }),
  );
}

// ---- small things --------------------------------------------------------------------------

function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const text = (content: string): Text => document.createTextNode(content);

/** Replaces the children; where the focus was inside, what stands in its place has it. */
function replace(parent: Element, children: Node[]): void {
  const at = [...parent.children].findIndex((child) => child.contains(document.activeElement));
  parent.replaceChildren(...children);
  if (at >= 0) parent.children[at]?.querySelector<HTMLElement>("button")?.focus();
}

traitsForm.addEventListener("change", () => void post("configure", { traits: chosenTraits() }));
traitsForm.addEventListener("reset", () => void post("configure", { traits: {} }));
traitsForm.addEventListener("submit", (event) => event.preventDefault());
addEventListener("resize", () => {
  for (const scaled of frames.querySelectorAll<HTMLElement>(".scaled")) fit(scaled);
});
addEventListener("message", (event: MessageEvent<{ sorbus?: string; text?: string }>) => {
  if (event.origin !== location.origin) return;
  if (event.data.sorbus === "note" && event.data.text !== undefined) note(event.data.text);
  // A frame that has loaded may have missed a view that came while it did.
  if (event.data.sorbus === "ready" && view !== undefined) {
    const own = frames.querySelector('figure[data-name=""] iframe') as HTMLIFrameElement | null;
    if (own?.contentWindow === event.source) (own.contentWindow as FrameWindow | null)?.sorbus?.show(view);
  }
});
showPresets();
follow();
