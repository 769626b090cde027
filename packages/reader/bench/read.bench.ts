/** How fast a realistic text is read. Run it with `tsx --conditions=@sorbus/source bench/read.bench.ts`. */
import { format, printForm, read, reread } from "@sorbus/reader";

/** About `size` units of definitions such as people write them. */
function sampleText(size: number): string {
  const parts: string[] = [];
  let length = 0;
  for (let i = 0; length < size; i++) {
    const part = `;; Posts with the tag ${i}, newest first. A comment as long as comments tend to be.
(define (posts-tagged-${i} tag &key (limit ${10 + (i % 90)}) &rest others)
  (let ((ids (perform :kv/list (str "posts/by-tag/" tag "/")))
        (newest (fn (a b) (> (get a :date) (get b :date)))))
    (->> ids
         (map (fn (row) (perform :kv/get (first (rest row)))))
         (filter (fn (post) (and post (not (get post :draft false)))))
         (sort newest)
         (take limit))))

(defcomp ~card-${i} (&key title (size :m) (ratio 1.${i}) &rest children)
  (div :class (list "card" (str "card-" size)) :data-index ${i} :style {:margin 0 :padding "4px 8px"}
    (h2 title " – no. " ${i})
    (when (> (len children) 0)
      (ul (map (fn (child) (li child)) children)))
    (p "A line of text, with an escape or two:\\n\\"quoted\\"." \`(a ,b ,@c))))

`;
    parts.push(part);
    length += part.length;
  }
  return parts.join("");
}

function rate(name: string, units: number, run: () => void): void {
  for (let i = 0; i < 3; i++) run();
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    run();
    times.push(performance.now() - start);
  }
  const median = times.sort((a, b) => a - b)[2] as number;
  console.log(`${name.padEnd(24)} ${(units / 1e3 / median).toFixed(1)} MB/s  ${median.toFixed(1)} ms`);
}

const text = sampleText(10_000_000);
const middle = text.length >> 1;
const edited = `${text.slice(0, middle)} ${text.slice(middle)}`;
const tree = read(text).forms;
let last = read(text);
let turn = false;

rate("read", text.length, () => read(text));
rate("reread, one edit", text.length, () => {
  turn = !turn;
  last = reread(last, turn ? edited : text);
});
rate("printForm", text.length, () => tree.map(printForm));
rate("format", text.length, () => format(text));
