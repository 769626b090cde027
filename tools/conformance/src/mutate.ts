/** Mistakes in programs: a form left out, doubled, moved or taken from elsewhere. */
import { type Node, type Random, replaceAt, walk } from "./program.ts";

/** A program with a few mistakes. Most of them are errors; none may crash anything. */
export function mutate(forms: readonly Node[], random: Random): Node[] {
  let result = [...forms];
  for (let n = 1 + random.below(3); n > 0; n -= 1) result = mutateOnce(result, random);
  return result;
}

function mutateOnce(forms: readonly Node[], random: Random): Node[] {
  const places = [...walk(forms)];
  const { node, path } = random.pick(places);
  const kind = random.below(4);
  if (typeof node !== "string" && node.items.length > 0 && kind > 0) {
    const at = random.below(node.items.length);
    const item = node.items[at] as Node;
    const items =
      kind === 1
        ? node.items.toSpliced(at, 1)
        : kind === 2
          ? node.items.toSpliced(at, 0, item)
          : node.items.toSpliced(at, 1).toSpliced(random.below(node.items.length), 0, item);
    return replaceAt(forms, path, { ...node, items });
  }
  return replaceAt(forms, path, random.pick(places).node);
}
