/** Commands for whoever uses what is shown without seeing it. */
import type { SeenElement } from "../../browser/browser.ts";
import { writtenPlaces } from "../written.ts";
import type { Handler } from "./handler.ts";

/** Roles that are clicked or typed into. */
const INTERACTIVE = new Set([
  "button",
  "checkbox",
  "combobox",
  "link",
  "listbox",
  "menuitem",
  "menuitemcheckbox",
  "menuitemradio",
  "option",
  "radio",
  "searchbox",
  "slider",
  "spinbutton",
  "switch",
  "tab",
  "textbox",
  "treeitem",
]);

export const elements: Handler<"elements"> = async ({ interactive, ...target }, call, world) => {
  const live = world.target(target, call);
  await live.sync();
  call.phase("opening the page");
  const page = await live.page();
  call.phase("finding where elements are written");
  const places = await writtenPlaces(live, live.shown);
  call.phase("reading the accessibility tree");
  const tree = await page.elements(
    places === undefined ? undefined : live.document({ ...live.shown, html: places }, true),
  );
  const flat = (nodes: readonly SeenElement[]): SeenElement[] =>
    nodes.flatMap((node) => [node, ...flat(node.children)]);
  const all = flat(tree);
  const wanted =
    interactive === true
      ? all.filter(({ role }) => INTERACTIVE.has(role)).map((one) => ({ ...one, children: [] }))
      : tree;
  return {
    ...live.standing(live.shown),
    elements: wanted,
    count: interactive === true ? wanted.length : all.length,
  };
};

export const touch: Handler<"touch"> = async ({ element, action, text, ...target }, call, world) => {
  const live = world.target(target, call);
  await live.sync();
  call.phase("opening the page");
  const page = await live.page();
  const done = action ?? (text === undefined ? "click" : "type");
  call.phase(`touching ${element}`);
  const { changes, focused } = await page.touch({
    element,
    action: done,
    ...(text !== undefined && { text }),
  });
  return {
    ...live.standing(live.shown),
    action: done,
    changed: changes.length > 0,
    changes: [...changes],
    focused,
  };
};
