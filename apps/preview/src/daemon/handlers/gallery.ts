/** `snapshot-all`: pictures of everything, with a manifest for programs and a page for people. */
import { mkdir, writeFile } from "node:fs/promises";
import { basename, extname, join, relative, resolve } from "node:path";
import { escaped } from "../../page/document.ts";
import type { Result } from "../../vocabulary/commands.ts";
import { problemFrom } from "../problems.ts";
import type { Handler } from "./handler.ts";
import { pictureOptions, slug, take } from "./pictures.ts";

type Gallery = Result<"snapshot-all">;

const DEFAULT_VARIANTS = ["light", "dark"];

export const snapshotAll: Handler<"snapshot-all"> = async (params, call, world) => {
  const output = resolve(call.cwd, params.output);
  await mkdir(output, { recursive: true });
  const options = pictureOptions({ ...params, output: undefined, fit: params.fullPage !== true });
  const extension = options.format === "png" ? "png" : "jpg";
  const warm = world.browser.warm();
  warm.catch(() => {});
  const entries: Gallery["entries"] = [];
  const errors: Gallery["errors"] = [];
  const names = new Set<string>();
  for (const file of params.files) {
    call.signal.throwIfAborted();
    call.phase(`loading ${file}`);
    try {
      await world.passing(file, call, async (live) => {
        await live.sync();
        const previews = live.session.previews();
        const { error } = live.session.standing();
        if (error !== undefined)
          errors.push({ file: live.file, error: problemFrom(asThrown(error)).toJSON() });
        for (const { index, name, line } of previews) {
          call.signal.throwIfAborted();
          const base = unique(names, `${slug(basename(file, extname(file)))}-${slug(name)}`);
          const variants = await take(
            live,
            index,
            params.variants ?? live.config.variants ?? DEFAULT_VARIANTS,
            options,
            call,
            world,
            (variant) => join(output, `${base}-${slug(variant)}.${extension}`),
          );
          entries.push({ file: live.file, preview: index, name, line, variants });
        }
      });
    } catch (error) {
      errors.push({ file: resolve(call.cwd, file), error: problemFrom(error).toJSON() });
    }
  }
  const all = entries.flatMap(({ variants }) => variants);
  const result: Gallery = {
    output,
    gallery: join(output, "index.html"),
    manifest: join(output, "manifest.json"),
    taken: all.filter(({ status }) => status === "ok").length,
    failed: all.filter(({ status }) => status === "failed").length + errors.length,
    entries,
    errors,
  };
  await writeFile(result.manifest, `${JSON.stringify(manifest(result), null, 2)}\n`);
  await writeFile(result.gallery, page(result));
  return result;
};

/** A name that no other picture of this gallery has. */
function unique(names: Set<string>, wanted: string): string {
  let name = wanted;
  for (let n = 2; names.has(name); n++) name = `${wanted}-${n}`;
  names.add(name);
  return name;
}

function asThrown(problem: { readonly message: string }): unknown {
  return Object.assign(new Error(problem.message), { name: "PreviewError", problem });
}

/** The result with paths from the folder on, so that it can be moved. */
function manifest({ output, entries, errors, taken, failed }: Gallery): unknown {
  const from = (path: string): string => relative(output, path);
  return {
    taken,
    failed,
    entries: entries.map((entry) => ({
      ...entry,
      file: from(entry.file),
      variants: entry.variants.map((variant) => ({
        ...variant,
        picture: variant.picture && {
          ...variant.picture,
          output: variant.picture.output && from(variant.picture.output),
        },
      })),
    })),
    errors: errors.map(({ file, error }) => ({ file: from(file), error })),
  };
}

function page({ output, entries, errors, taken, failed }: Gallery): string {
  const files = [...new Set(entries.map(({ file }) => file))];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Previews</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 80rem; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.25rem } h2 { font-size: 1rem; margin: 2rem 0 0; border-bottom: 1px solid #8884 } h3 { font-size: .9375rem; margin: 1.25rem 0 .25rem }
h3 small { font-weight: 400; opacity: .7 }
.variants { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start }
figure { margin: 0; max-width: min(100%, 30rem) }
figcaption { font-size: .8125rem; opacity: .75 }
img { max-width: 100%; max-height: 30rem; width: auto; height: auto; border: 1px solid #8884; border-radius: .375rem }
pre { overflow-x: auto; padding: .75rem; border-inline-start: .25rem solid #c33; background: #8881; font-size: .8125rem }
</style>
</head>
<body>
<h1>Previews <small>${taken} pictures${failed === 0 ? "" : `, ${failed} failed`}</small></h1>
${errors.map(({ file, error }) => `<h2>${escaped(relative(output, file))}</h2>\n<pre>${escaped(error.detail || error.message)}</pre>`).join("\n")}
${files
  .map(
    (file) => `<h2>${escaped(relative(output, file))}</h2>
${entries
  .filter((entry) => entry.file === file)
  .map(
    ({ name, line, variants }) => `<h3>${escaped(name)} <small>line ${line}</small></h3>
<div class="variants">
${variants
  .map(({ name: variant, picture, error }) =>
    picture?.output == null
      ? `<figure><figcaption>${escaped(variant)}</figcaption><pre>${escaped(error?.detail || error?.message || "not taken")}</pre></figure>`
      : `<figure><img src="${escaped(encodeURI(relative(output, picture.output)))}" width="${picture.width}" height="${picture.height}" alt="${escaped(`${name}, ${variant}`)}" loading="lazy"><figcaption>${escaped(variant)}</figcaption></figure>`,
  )
  .join("\n")}
</div>`,
  )
  .join("\n")}`,
  )
  .join("\n")}
</body>
</html>
`;
}
