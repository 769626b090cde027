/** Vite's hot replacement of modules on as many modules, of the same shape as the generated SX projects. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createServer } from "vite";

export interface ViteProject extends AsyncDisposable {
  readonly url: string;
  /** Saves the leaf module with another text, which the page then shows. */
  save(text: string): void;
}

/** Components in a folder, as in the SX projects. */
const SECTION = 100;

/** Serves a page of that many modules, all of which are loaded. @param files at least 3 */
export async function viteProject(files: number): Promise<ViteProject> {
  const root = mkdtempSync(join(tmpdir(), "vite-bench-"));
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  };
  const leaf = (text: string): string => `
const initials = (name) => name.split(" ").map((word) => word[0]).join("");
export const c0 = (title) => \`<div class="card"><h2>\${title}</h2><p id="leaf">${text} \${initials("Ada Lovelace")}</p></div>\`;
if (import.meta.hot) import.meta.hot.accept((next) => {
  document.querySelector(".card").outerHTML = next.c0("title of c0");
});
`;
  let made = 0;
  const sections: string[] = [];
  for (let s = 0; made + sections.length + 1 < files; s++) {
    const names: string[] = [];
    for (let i = 0; i < SECTION && made + sections.length + 2 < files; i++) {
      const name = `c${made}`;
      made += 1;
      names.push(name);
      write(
        `s${s}/${name}.js`,
        name === "c0"
          ? leaf("leaf")
          : `export const ${name} = (title) => \`<div class="card"><h2>\${title}</h2><p>component ${name} \${title.toUpperCase()}</p></div>\`;\n`,
      );
    }
    const imports = names.map((name) => `import { ${name} } from "./${name}.js";`).join("\n");
    const shown = names.slice(0, 3).map((name) => `${name}("title of ${name}")`);
    write(`s${s}/index.js`, `${imports}\nexport const section${s} = () => ${shown.join(" + ")};\n`);
    sections.push(`s${s}`);
  }
  const shown = sections.slice(0, 10).map((_, s) => `section${s}()`);
  write(
    "main.js",
    `${sections.map((name, s) => `import { section${s} } from "./${name}/index.js";`).join("\n")}\ndocument.body.innerHTML = ${shown.join(" + ")};\n`,
  );
  write(
    "index.html",
    '<!doctype html><title>bench</title><body></body><script type="module" src="/main.js"></script>',
  );
  const server = await createServer({
    root,
    configFile: false,
    logLevel: "error",
    cacheDir: join(root, ".vite"),
    server: { host: "127.0.0.1", port: 0 },
  });
  await server.listen();
  return {
    url: server.resolvedUrls?.local[0] ?? server.resolvedUrls?.network[0] ?? "",
    save: (text) => write("s0/c0.js", leaf(text)),
    [Symbol.asyncDispose]: async () => {
      await server.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
