/** Makes a program smaller as long as it still shows what was found. */
import { type Node, replaceAt, sizeOf, walk } from "./program.ts";

/** What a part may become: its own parts, then the plainest values. */
function replacements(node: Node): Node[] {
  if (typeof node === "string") return [];
  const parts = node.items.filter((item) => typeof item !== "string" || /^-?\d+$|^"/.test(item));
  return [...parts, "0", "nil", "true", '""', { open: "(", items: ["quote", { open: "(", items: [] }] }];
}

/** Every program with one step of cutting done, larger cuts first. */
function* candidates(forms: readonly Node[]): Generator<Node[]> {
  for (let i = forms.length - 1; i >= 0; i -= 1) yield forms.toSpliced(i, 1);
  const places = [...walk(forms)].sort((a, b) => sizeOf(b.node) - sizeOf(a.node));
  for (const { node, path } of places) {
    for (const smaller of replacements(node)) {
      if (sizeOf(smaller) < sizeOf(node)) yield replaceAt(forms, path, smaller);
    }
    if (typeof node === "string") continue;
    for (let i = node.items.length - 1; i >= 1; i -= 1) {
      yield replaceAt(forms, path, { ...node, items: node.items.toSpliced(i, 1) });
    }
  }
}

/**
 * @param holds whether a program still shows it
 * @param budget programs to try at most
 */
export async function shrink(
  forms: readonly Node[],
  holds: (forms: readonly Node[]) => Promise<boolean>,
  budget = 3000,
): Promise<readonly Node[]> {
  let best = forms;
  let left = budget;
  for (;;) {
    let better: Node[] | undefined;
    for (const candidate of candidates(best)) {
      if (left-- <= 0) return best;
      if (await holds(candidate)) {
        better = candidate;
        break;
      }
    }
    if (better === undefined) return best;
    best = better;
  }
}
