/** How often each word of a text of n words occurs; the sum of the squares of the counts. */
const WORDS = "the rowan tree stands on a hill and feeds thrush fieldfare blackbird in october".split(" ");

function text(n: number): string {
  const words: string[] = [];
  let seed = 42;
  for (let i = 0; i < n; i++) {
    seed = (seed * 1103 + 12345) % 65_536;
    words.push(`${WORDS[seed % WORDS.length]}${seed % 97}`);
  }
  return words.join(" ");
}

export const small = 100;
export const brief = 10_000;
export const size = 1_000_000;
export function run(n: number): number {
  const counts = new Map<string, number>();
  for (const word of text(n).split(" ")) counts.set(word, (counts.get(word) ?? 0) + 1);
  let sum = 0;
  for (const count of counts.values()) sum += count * count;
  return sum;
}
