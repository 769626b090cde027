/** `diff`: HTML first, since it is exact and says what is different; then what one would see. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createTwoFilesPatch } from "diff";
import pixelmatch from "pixelmatch";
import { PNG } from "pngjs";
import { Problem } from "../../problem.ts";
import type { Rendered } from "../../reloader.ts";
import type { Params, Result } from "../../vocabulary/commands.ts";
import type { Call } from "../calls.ts";
import { htmlOf, type Live } from "../live.ts";
import type { World } from "../world.ts";
import type { Handler } from "./handler.ts";
import { keep, pictureOf } from "./pictures.ts";

/** What the session's view is compared with. */
type Other =
  | { readonly name: string; readonly rendered: Rendered }
  | { readonly name: string; readonly png: Buffer };

export const diff: Handler<"diff"> = async (params, call, world) => {
  const live = world.target(params, call);
  await live.sync();
  call.phase("rendering");
  const now = await live.render();
  const html = htmlOf(now);
  const other = await otherOf(params, live, now, call);
  const htmlDiff = "rendered" in other ? htmlDifference(htmlOf(other.rendered), html, other.name) : null;
  call.phase("taking the pictures");
  const pixels = await pixelDifference(params, live, now, other, call, world);
  return {
    ...live.standing(now),
    against: other.name,
    equal: (htmlDiff?.equal ?? true) && pixels.equal,
    html: htmlDiff,
    pixels,
  };
};

async function otherOf(params: Params<"diff">, live: Live, now: Rendered, call: Call): Promise<Other> {
  const given = (["revision", "variant", "preview", "image"] as const).filter(
    (key) => params[key] !== undefined,
  );
  if (given.length > 1) {
    throw new Problem({
      phase: "request",
      code: "one-comparison",
      message: `compare with one thing, not with ${given.join(" and ")}`,
      remediation: "Give only one of revision, variant, preview and image.",
    });
  }
  const { revision, variant, preview, image } = params;
  if (image !== undefined) {
    const path = resolve(call.cwd, image);
    return { name: path, png: await readFile(path) };
  }
  if (variant !== undefined) {
    return {
      name: `variant ${typeof variant === "string" ? variant : JSON.stringify(variant)}`,
      rendered: await live.render({ variant }),
    };
  }
  if (preview !== undefined) {
    const rendered = await live.render({ preview });
    return { name: `preview ${rendered.preview?.name ?? preview}`, rendered };
  }
  const same = live.past.filter(({ rendered }) => rendered.preview?.index === now.preview?.index);
  const past =
    revision === undefined
      ? (same.findLast(({ rendered }) => rendered.html !== now.html) ?? same.at(-1))
      : same.findLast((one) => one.revision <= revision);
  if (past === undefined) {
    throw new Problem({
      phase: "request",
      code: "no-such-revision",
      message: `there is no view of this preview from revision ${revision ?? "before this one"} any more`,
      detail: `kept are revisions ${same.map((one) => one.revision).join(", ") || "none"}`,
      remediation: "Compare with a revision that is kept, a variant, another preview, or a picture on disk.",
    });
  }
  // Looked at as the session is looked at now.
  return { name: `revision ${past.revision}`, rendered: { ...past.rendered, traits: now.traits } };
}

/** A tag a line, so that the difference names the element. */
function lines(html: string): string {
  return `${html.replace(/>(?=<)/g, ">\n").replace(/(?<=[^\n>])(?=<\/?(?:p|div|li|ul|ol|section|article|h\d|tr|table)\b)/g, "\n")}\n`;
}

export function htmlDifference(
  before: string,
  after: string,
  name: string,
): NonNullable<Result<"diff">["html"]> {
  if (before === after) return { equal: true, added: 0, removed: 0, patch: "" };
  const patch = createTwoFilesPatch(name, "now", lines(before), lines(after), "", "", { context: 2 });
  const changed = patch.split("\n").slice(3);
  return {
    equal: false,
    added: changed.filter((line) => line.startsWith("+")).length,
    removed: changed.filter((line) => line.startsWith("-")).length,
    patch,
  };
}

async function pixelDifference(
  { threshold = 0.1, output, fit }: Params<"diff">,
  live: Live,
  now: Rendered,
  other: Other,
  call: Call,
  world: World,
): Promise<Result<"diff">["pixels"]> {
  const png = { format: "png", ...(fit !== undefined && { fit }) } as const;
  const after = PNG.sync.read((await pictureOf(live, now, png, world)).data);
  const before =
    "png" in other
      ? readPng(other.name, other.png)
      : PNG.sync.read((await pictureOf(live, other.rendered, png, world)).data);
  const sizes = [`${before.width}×${before.height}`, `${after.width}×${after.height}`];
  const width = Math.max(before.width, after.width);
  const height = Math.max(before.height, after.height);
  const [a, b] = [padded(before, width, height), padded(after, width, height)];
  const drawing = new PNG({ width, height });
  const different = pixelmatch(a.data, b.data, drawing.data, width, height, { threshold });
  let written: string | null = null;
  if (output !== undefined) {
    const picture = { format: "png", width, height, data: PNG.sync.write(drawing) } as const;
    written = (await keep(picture, output, call)).output;
  }
  const equal = different === 0 && sizes[0] === sizes[1];
  return { equal, different, ratio: different / (width * height), sizes, output: written };
}

function readPng(path: string, data: Buffer): PNG {
  try {
    return PNG.sync.read(data);
  } catch (error) {
    throw new Problem({
      phase: "files",
      code: "no-png",
      message: `${path} is no PNG`,
      detail: error instanceof Error ? error.message : String(error),
      remediation: "Name a PNG, such as `sx preview snapshot -o` writes.",
    });
  }
}

/** As large as both; what one of them has not is transparent there. */
function padded(png: PNG, width: number, height: number): PNG {
  if (png.width === width && png.height === height) return png;
  const larger = new PNG({ width, height });
  PNG.bitblt(png, larger, 0, 0, png.width, png.height, 0, 0);
  return larger;
}
