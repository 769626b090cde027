/** Generated projects of a number of files: a page of sections, each of them a folder of components. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface GeneratedProject extends Disposable {
  readonly root: string;
  readonly entry: string;
  /** The component that is edited: a leaf that the page shows. */
  readonly leaf: string;
  /** Its text; the parameters are what edits of each tier change. */
  leafText(edit: { readonly words: string; readonly wrapped: boolean; readonly code: number }): string;
}

/** Components in a folder, and folders on the page. */
const SECTION = 100;

/** A project of that many files, all of which are loaded. @param files at least 3 */
export function generateProject(files: number): GeneratedProject {
  const root = mkdtempSync(join(tmpdir(), "sorbus-bench-"));
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  };
  const leafText: GeneratedProject["leafText"] = ({ words, wrapped, code }) => `
(define (initials name)
  (join "" (map (fn (word) (slice word 0 1)) (split name " "))))

(defcomp ~c0 (&key title (size ${1 + (code % 2)}))
  (div :class "card"
    ${wrapped ? "(header (h2 title))" : "(h2 title)"}
    (p "${words}" (initials "Ada Lovelace") ${code % 2 === 0 ? "size" : "(* size 2)"})))
`;
  let made = 0;
  const sections: string[] = [];
  for (let s = 0; made + sections.length + 1 < files; s++) {
    const components: string[] = [];
    for (let i = 0; i < SECTION && made + sections.length + 2 < files; i++) {
      const name = `c${made}`;
      made += 1;
      components.push(name);
      const text =
        name === "c0"
          ? leafText({ words: "leaf", wrapped: false, code: 0 })
          : `(defcomp ~${name} (&key title) (div :class "card" (h2 title) (p "component ${name}" (upper title))))\n`;
      write(`s${s}/${name}.sx`, text);
    }
    const imports = components.map((name) => `(import "./${name}.sx")`).join("\n");
    const shown = components.slice(0, 3).map((name) => `(~${name} :title "title of ${name}")`);
    write(
      `s${s}/index.sx`,
      `${imports}\n(export ~section${s})\n(defcomp ~section${s} () (section ${shown.join(" ")}))\n`,
    );
    sections.push(`s${s}`);
  }
  const shown = sections.slice(0, 10).map((_, s) => `(~section${s})`);
  write(
    "main.sx",
    `${sections.map((name) => `(import "./${name}/index.sx")`).join("\n")}\n(preview "Page" (main ${shown.join(" ")}))\n`,
  );
  return {
    root,
    entry: join(root, "main.sx"),
    leaf: join(root, "s0/c0.sx"),
    leafText,
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}
