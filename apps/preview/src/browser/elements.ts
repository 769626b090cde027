/**
 * The accessibility tree as the browser computes it for assistive technology, with references to its elements.
 * What only groups (an unnamed `generic`, the boxes of a line of text) is left out; its children move up.
 */
import type { CDPSession, Page } from "playwright-core";
import type { SeenElement } from "./browser.ts";

interface AxNode {
  readonly nodeId: string;
  readonly parentId?: string;
  readonly ignored: boolean;
  readonly role?: { readonly value?: unknown };
  readonly name?: { readonly value?: unknown };
  readonly value?: { readonly value?: unknown };
  readonly properties?: readonly { readonly name: string; readonly value: { readonly value?: unknown } }[];
  readonly childIds?: readonly string[];
  readonly backendDOMNodeId?: number;
}

/** The browser's names of roles that are its own, as ARIA calls them. */
const ROLES: Readonly<Record<string, string>> = {
  StaticText: "text",
  LabelText: "label",
  DisclosureTriangle: "button",
  RootWebArea: "document",
  MenuListPopup: "listbox",
  Canvas: "img",
  image: "img",
};

/** Neither shown nor entered. */
const NOTHING = new Set(["InlineTextBox", "ListMarker", "LineBreak"]);
/** Entered, but not shown unless named. */
const GROUPS = new Set(["none", "generic", "ignored"]);

/** Properties that are states of use to somebody who drives the page, and are worth saying only when they are set. */
const STATES = new Set([
  "autocomplete",
  "busy",
  "checked",
  "disabled",
  "expanded",
  "focused",
  "hasPopup",
  "invalid",
  "level",
  "modal",
  "multiline",
  "pressed",
  "readonly",
  "required",
  "selected",
  "valuemax",
  "valuemin",
  "valuetext",
]);
/** Worth saying also when they are false: they can be made true. */
const TOGGLES = new Set(["checked", "expanded", "pressed", "selected"]);

/** The tree of the page, below its document. References are given to elements that `touch` can find again. */
export async function elementTree(
  page: Page,
  cdp: CDPSession,
  places: string | undefined,
): Promise<SeenElement[]> {
  await page.evaluate(place, places ?? null);
  const { nodes } = (await cdp.send("Accessibility.getFullAXTree")) as { nodes: readonly AxNode[] };
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const root = nodes.find((node) => node.parentId === undefined);
  const backends: number[] = [];

  const below = (node: AxNode): SeenElement[] =>
    (node.childIds ?? []).flatMap((id) => {
      const child = byId.get(id);
      return child === undefined ? [] : seen(child);
    });

  const seen = (node: AxNode): SeenElement[] => {
    const own = text(node.role?.value);
    if (NOTHING.has(own)) return [];
    const name = text(node.name?.value);
    if (node.ignored || (GROUPS.has(own) && name === "")) return below(node);
    const role = ROLES[own] ?? own;
    if (role === "text") return name.trim() === "" ? [] : [element(null, role, name, null, {}, [])];
    let ref: string | null = null;
    if (node.backendDOMNodeId !== undefined) ref = `e${backends.push(node.backendDOMNodeId)}`;
    const value = node.value?.value;
    // A field's text is its value, said once.
    const children = role === "textbox" || role === "searchbox" ? [] : below(node);
    const sole = children.length === 1 && children[0]?.role === "text" && children[0].name === name;
    return [
      element(
        ref,
        role,
        name,
        value === undefined ? null : text(value),
        statesOf(node),
        sole ? [] : children,
      ),
    ];
  };

  const tree = root === undefined ? [] : below(root);
  await remember(cdp, backends, tree);
  return tree;
}

function element(
  ref: string | null,
  role: string,
  name: string,
  value: string | null,
  states: Record<string, string | number | boolean>,
  children: SeenElement[],
): SeenElement {
  return { ref, role, name, value, states, source: null, children };
}

function text(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}

function statesOf(node: AxNode): Record<string, string | number | boolean> {
  const states: Record<string, string | number | boolean> = {};
  for (const { name, value } of node.properties ?? []) {
    if (!STATES.has(name)) continue;
    const is = value.value === "true" ? true : value.value === "false" ? false : value.value;
    if (is === undefined || is === null || is === "" || is === "none") continue;
    if (is === false && !TOGGLES.has(name)) continue;
    if (typeof is === "string" || typeof is === "number" || typeof is === "boolean") states[name] = is;
  }
  return states;
}

/** Leaves the elements with the page, under their references, and takes from it where each was written. */
async function remember(
  cdp: CDPSession,
  backends: readonly number[],
  tree: readonly SeenElement[],
): Promise<void> {
  const objects = await Promise.all(
    backends.map(async (backendNodeId) => {
      const { object } = await cdp.send("DOM.resolveNode", { backendNodeId, objectGroup: "elements" });
      return object.objectId;
    }),
  );
  const [first] = objects;
  if (first === undefined) return;
  const { result } = await cdp.send("Runtime.callFunctionOn", {
    objectId: first,
    functionDeclaration: String(keep),
    arguments: objects.map((objectId) => (objectId === undefined ? { value: null } : { objectId })),
    returnByValue: true,
  });
  await cdp.send("Runtime.releaseObjectGroup", { objectGroup: "elements" });
  const places = result.value as readonly (string | null)[];
  const tell = (nodes: readonly SeenElement[]): void => {
    for (const node of nodes) {
      const at = node.ref === null ? null : places[Number(node.ref.slice(1)) - 1];
      const found = typeof at === "string" ? /^(.*):(\d+):(\d+)$/.exec(at) : null;
      if (found !== null) {
        node.source = { file: found[1] ?? "", line: Number(found[2]), column: Number(found[3]) };
      }
      tell(node.children);
    }
  };
  tell(tree);
}

/** In the page. */
function keep(...nodes: readonly (Node | null)[]): (string | null)[] {
  const page = globalThis as unknown as {
    sorbusElements: Map<string, Node>;
    sorbusPlaces: WeakMap<Node, string>;
  };
  page.sorbusElements = new Map();
  return nodes.map((node, i) => {
    if (node === null) return null;
    page.sorbusElements.set(`e${i + 1}`, node);
    return page.sorbusPlaces.get(node) ?? null;
  });
}

/** In the page: goes through it and the document that has the places side by side, as long as they are alike. */
function place(written: string | null): void {
  const places = new WeakMap<Node, string>();
  (globalThis as unknown as { sorbusPlaces: WeakMap<Node, string> }).sorbusPlaces = places;
  if (written === null) return;
  const pairs: [Element, Element][] = [
    [document.body, new DOMParser().parseFromString(written, "text/html").body],
  ];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const [node, twin] = pair;
    if (node.tagName !== twin.tagName) continue;
    const at = twin.getAttribute("data-sx-at");
    if (at !== null) places.set(node, at);
    if (node.children.length !== twin.children.length) continue;
    for (const [i, child] of [...node.children].entries()) {
      const other = twin.children[i];
      if (other !== undefined) pairs.push([child, other]);
    }
  }
}
