/** The reader on generated text of some megabytes. The baseline is `JSON.parse` of as much JSON. */
import { read } from "@sorbus/reader";
import type { Benchmark } from "./harness.ts";

/** A top-level definition as people write them: nested lists, strings, keywords, numbers, a comment. */
const definition = (i: number): string => `; number ${i}
(define (function-${i} request [slug &rest more] {:title title})
  (let ((x ${i * 3}) (y "some text, with \\"quotes\\" in it"))
    (if (and (< x ${i}.5) (not (empty? more)))
      (div :class "card" :hidden true (h2 title) (map (fn (m) (* m x -1)) more))
      '(nothing at all ${i % 17} nil false))))
`;

const record = (i: number): string =>
  JSON.stringify({
    define: [`function-${i}`, "request", ["slug", "more"], { title: "title" }],
    let: [
      ["x", i * 3],
      ["y", 'some text, with "quotes" in it'],
    ],
    if: [
      "and",
      ["<", "x", i + 0.5],
      ["not", ["empty?", "more"]],
      "div",
      "class",
      "card",
      true,
      ["h2", "title"],
    ],
    else: ["map", ["fn", ["m"], ["*", "m", "x", -1]], "more", "nothing", "at", "all", i % 17, null, false],
  });

/** Text of at least `bytes` bytes (it is ASCII), from as many `part`s as that takes. */
function generate(bytes: number, part: (i: number) => string, separator: string): string {
  const parts: string[] = [];
  for (let size = 0, i = 0; size < bytes; i++) {
    const text = part(i);
    parts.push(text);
    size += text.length + separator.length;
  }
  return parts.join(separator);
}

/** Reads `bytes` bytes of SX, against `JSON.parse` of as many of JSON. */
export function readingBenchmark(bytes: number = 10_000_000): Benchmark {
  const sx = generate(bytes, definition, "\n");
  const json = `[${generate(bytes, record, ",")}]`;
  return {
    name: "read",
    bytes,
    rounds: 7,
    contenders: [
      {
        name: "JSON.parse",
        run: () => {
          const parsed: unknown = JSON.parse(json);
          return Array.isArray(parsed) && parsed.length > 0 ? "read" : "nothing";
        },
      },
      {
        name: "sx",
        run: () => {
          const { forms, errors } = read(sx);
          return errors.length === 0 && forms.length > 0 ? "read" : `${errors.length} errors`;
        },
      },
    ],
  };
}
