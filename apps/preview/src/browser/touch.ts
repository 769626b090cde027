/** Touches an element as a person does, and looks at what has changed by it. */
import type { CDPSession, ElementHandle, JSHandle, Page } from "playwright-core";
import { Problem } from "../problem.ts";
import type { TouchRequest, TouchResult } from "./browser.ts";

/** How long an element may take to become touchable, in milliseconds. */
const LIMIT = 3_000;
/** Changes beyond so many are counted. */
const MAX_CHANGES = 20;

export async function touchElement(
  page: Page,
  _cdp: CDPSession,
  request: TouchRequest,
): Promise<TouchResult> {
  const handle = await find(page, request.element);
  try {
    const before = await page.evaluate(look);
    await act(handle, request);
    // Whatever it asked the program for has been answered and shown.
    await page.evaluate(quiet);
    const after = await page.evaluate(look);
    return { changes: differences(before, after), focused: after.focused };
  } finally {
    await handle.dispose();
  }
}

async function find(page: Page, ref: string): Promise<ElementHandle<Element>> {
  const found: JSHandle = await page.evaluateHandle(
    (wanted) => (globalThis as unknown as { sorbusElements?: Map<string, Node> }).sorbusElements?.get(wanted),
    ref,
  );
  const handle = found.asElement() as ElementHandle<Element> | null;
  if (handle === null || !(await handle.evaluate((node) => node.isConnected))) {
    throw new Problem({
      phase: "touch",
      code: "no-element",
      message: `there is no element ${ref} on the page`,
      remediation: "Ask for the elements again (`sx preview elements`): their references have changed.",
    });
  }
  return handle;
}

async function act(
  handle: ElementHandle<Element>,
  { action, text = "", element }: TouchRequest,
): Promise<void> {
  const options = { timeout: LIMIT };
  try {
    switch (action) {
      case "click":
        return await handle.click(options);
      case "hover":
        return await handle.hover(options);
      case "type":
        return await handle.fill(text, options);
      case "press":
        return await handle.press(text, options);
      case "select":
        await handle.selectOption([text], options);
        return;
      default:
        action satisfies never;
    }
  } catch (error) {
    throw new Problem(
      {
        phase: "touch",
        code: "not-touchable",
        message: `the element ${element} could not be touched (${action})`,
        detail: error instanceof Error ? error.message : String(error),
        remediation:
          "Look at its role and states in `sx preview elements`: it may be hidden, disabled or covered.",
      },
      { cause: error },
    );
  }
}

/** What can be seen of a page. */
interface Look {
  readonly address: string;
  readonly title: string;
  readonly focused: string | null;
  readonly lines: readonly string[];
  readonly fields: readonly string[];
  readonly open: readonly string[];
  readonly notes: readonly string[];
}

/** In the page. */
function look(): Look {
  const nameOf = (element: Element): string =>
    element.getAttribute("aria-label") ??
    ((element as HTMLInputElement).labels?.[0]?.textContent?.trim() || null) ??
    (element.getAttribute("name") ||
      element.textContent?.trim().slice(0, 40) ||
      element.tagName.toLowerCase());
  const active = document.activeElement;
  return {
    address: location.hash,
    title: document.title,
    focused:
      active === null || active === document.body
        ? null
        : `${active.getAttribute("role") ?? active.tagName.toLowerCase()} ${JSON.stringify(nameOf(active))}`,
    // biome-ignore lint/performance/useDomNodeTextContent: what is hidden is not seen to change
    lines: document.body.innerText
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== ""),
    fields: [...document.querySelectorAll("input, textarea, select")].map((field) => {
      const { type, checked, value } = field as HTMLInputElement;
      const is =
        type === "checkbox" || type === "radio"
          ? checked
            ? "checked"
            : "not checked"
          : JSON.stringify(value);
      return `${nameOf(field)}: ${is}`;
    }),
    open: [...document.querySelectorAll("details, dialog")].map(
      (one) =>
        `${nameOf(one.querySelector("summary") ?? one)}: ${(one as HTMLDetailsElement).open ? "open" : "closed"}`,
    ),
    notes: (globalThis as unknown as { sorbus?: { takeNotes(): string[] } }).sorbus?.takeNotes() ?? [],
  };
}

/** In the page. */
async function quiet(): Promise<void> {
  await (globalThis as unknown as { sorbus?: { quiet(): Promise<void> } }).sorbus?.quiet();
}

function differences(before: Look, after: Look): string[] {
  const changes: string[] = [...after.notes];
  if (before.title !== after.title) changes.push(`title: ${JSON.stringify(after.title)}`);
  if (before.address !== after.address) changes.push(`address: ${after.address || "the top"}`);
  const moved = (label: string, was: readonly string[], is: readonly string[]): void => {
    for (const line of without(was, is)) changes.push(`${label} gone: ${line}`);
    for (const line of without(is, was)) changes.push(`${label} new: ${line}`);
  };
  moved("text", before.lines, after.lines);
  moved("field", before.fields, after.fields);
  moved("part", before.open, after.open);
  if (before.focused !== after.focused) changes.push(`focus: ${after.focused ?? "nothing"}`);
  if (changes.length <= MAX_CHANGES) return changes;
  return [...changes.slice(0, MAX_CHANGES), `and ${changes.length - MAX_CHANGES} more`];
}

/** Those of `a` that `b` has not, each as often as it has them more. */
function without(a: readonly string[], b: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const item of b) left.set(item, (left.get(item) ?? 0) + 1);
  return a.filter((item) => {
    const count = left.get(item) ?? 0;
    if (count > 0) left.set(item, count - 1);
    return count === 0;
  });
}
