/**
 * The fault that this project exists to make impossible, by name: in the system that inspired it a callback of `map`
 * performed a read under the JIT, a native loop was unwound, and the `rest` and `drop` that followed got wrong arguments: pages
 * were blank or failed first, and healed on retry. Here the first page is right, and so are all others.
 */
import { createRuntime, type JitOptions } from "sorbus";
import { describe, expect, test } from "vitest";
import { serveApp } from "../src/index.ts";
import { watched } from "./support.ts";

const PROGRAM = `
(define (title id) (get (perform :test/read (list "post" id)) :title))

(define (page id)
  (let* ((ids (perform :test/read (list "ids" id)))
         (titles (map (fn (i) (title i)) ids))
         (others (rest titles))
         (last (drop others 2))
         (again (map (fn (i) (str (title i) "/" (len (perform :test/read (list "ids" i))))) (drop ids 1))))
    (<> (h1 (first titles)) (ul (map (fn (t) (li t)) others)) (p (join "," last)) (p (join " " again)))))

(define (handler request) (page (parse-number (get-in request (list :query :id)))))

;;; The same without the world: every read is answered within the program.
(define (isolated request)
  (with-effects
    {:test/read (fn (args resume)
       (let ((key (first args)) (id (nth (first args) 1)))
         (resume (if (= (first key) "ids") (map (fn (k) (+ id k)) (range 5)) {:title (str "post " id)}))))}
    (handler request)))
`;

function answer(key: readonly [string, number]): unknown {
  const [kind, id] = key;
  return kind === "ids" ? [0, 1, 2, 3, 4].map((k) => id + k) : { title: `post ${id}` };
}

function expected(id: number): string {
  const title = (k: number): string => `post ${id + k}`;
  const items = [1, 2, 3, 4].map((k) => `<li>${title(k)}</li>`).join("");
  const again = [1, 2, 3, 4].map((k) => `${title(k)}/5`).join(" ");
  return `200 <h1>${title(0)}</h1><ul>${items}</ul><p>${title(3)},${title(4)}</p><p>${again}</p>`;
}

const jits: readonly [string, JitOptions][] = [
  ["compiled at the first call", { threshold: 0, promotion: 2 }],
  ["compiled when hot", {}],
];
const resolvers: readonly [string, string, ((key: readonly [string, number]) => unknown) | undefined][] = [
  ["no resolver", "isolated", undefined],
  ["a synchronous resolver", "handler", answer],
  [
    "an asynchronous resolver",
    "handler",
    (key) => new Promise((resolve) => setTimeout(resolve, key[1] % 3, answer(key))),
  ],
];

describe.each(jits)("%s", (_when, options) => {
  test.each(resolvers)("%s", async (_name, app, resolve) => {
    let reads = 0;
    const runtime = createRuntime({
      jit: {
        ...options,
        onEvent: (event) => {
          if (event.type === "failed") throw new Error(`${event.code.name} cannot be compiled`);
        },
      },
      ops:
        resolve === undefined
          ? {}
          : {
              "test/read": (key) => {
                reads++;
                return resolve(key as readonly [string, number]);
              },
            },
    });
    await runtime.eval(PROGRAM, { file: "app.sx" });
    const server = await watched((log) =>
      serveApp({ runtime, app: runtime.global(app), port: 0, drain: 200, log }),
    );
    const get = async (id: number): Promise<string> => {
      const response = await fetch(`${server.url}/?id=${id}`);
      return `${response.status} ${await response.text()}`;
    };
    // The very first, then many at once, then one after the other until all of it is hot.
    expect(await get(1)).toBe(expected(1));
    const ids = Array.from({ length: 20 }, (_, i) => i * 3);
    expect(await Promise.all(ids.map(get))).toEqual(ids.map(expected));
    for (let i = 0; i < 60; i++) expect(await get(i)).toBe(expected(i));
    if (resolve !== undefined) expect(reads).toBe((1 + 20 + 60) * (1 + 5 + 4 + 4));
    if (options.threshold === 0) expect(runtime.stats.compiled).toBeGreaterThan(5);
    expect(runtime.stats.fallbacks).toBe(0);
  });
});
