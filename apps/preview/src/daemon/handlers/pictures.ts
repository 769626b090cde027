/** Commands that take pictures. */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import type { PictureData, PictureOptions } from "../../browser/browser.ts";
import { Problem } from "../../problem.ts";
import type { Rendered, Traits } from "../../reloader.ts";
import type { Result } from "../../vocabulary/commands.ts";
import type { VariantRequest } from "../../vocabulary/traits.ts";
import type { Call } from "../calls.ts";
import { htmlOf, type Live } from "../live.ts";
import { problemFrom, problemOrNull } from "../problems.ts";
import type { Target, World } from "../world.ts";
import type { Handler } from "./handler.ts";

export interface PictureParams {
  readonly output?: string | undefined;
  readonly format?: "png" | "jpeg" | undefined;
  readonly quality?: number | undefined;
  readonly fullPage?: boolean | undefined;
  readonly fit?: boolean | undefined;
}

export type VariantResult = Result<"variants">["variants"][number];

export const snapshot: Handler<"snapshot"> = async (params, call, world) => {
  const options = pictureOptions(params);
  // The browser starts while the program loads.
  const warm = world.browser.warm();
  warm.catch(() => {});
  return use(params, call, world, async (live, ephemeral) => {
    await live.sync();
    call.phase("rendering");
    const rendered = await live.render(params);
    const html = htmlOf(rendered);
    call.phase("starting the browser");
    await warm;
    call.phase("taking the picture");
    const picture = await pictureOf(live, rendered, options, world);
    return {
      ...live.standing(rendered),
      preview: rendered.preview?.index ?? -1,
      name: rendered.preview?.name ?? "",
      picture: await keep(picture, params.output, call),
      html,
      htmlHash: hash(html),
      ephemeral,
    };
  });
};

export const variants: Handler<"variants"> = async (params, call, world) => {
  const options = pictureOptions(params);
  const live = world.target(params, call);
  const warm = world.browser.warm();
  warm.catch(() => {});
  await live.sync();
  call.phase("rendering");
  const results = await take(live, params.preview, params.variants, options, call, world, (name) =>
    params.output === undefined
      ? undefined
      : join(params.output, `${slug(name)}.${options.format === "png" ? "png" : "jpg"}`),
  );
  const preview = await live.render(params);
  return { ...live.standing(), preview: preview.preview?.index ?? -1, variants: results };
};

/** Renders all variants, then takes a picture of each: what is wrong with one is said there, and the others are had. */
export async function take(
  live: Live,
  preview: number | string | undefined,
  sets: readonly VariantRequest[],
  options: PictureOptions,
  call: Call,
  world: World,
  output: (name: string) => string | undefined,
): Promise<VariantResult[]> {
  const asked = sets.map((set) => over(live, set));
  const rendered = await live.session.variants(asked, preview === undefined ? {} : { preview });
  const results: VariantResult[] = [];
  for (const [i, { rendered: view, error }] of rendered.entries()) {
    const set = sets[i];
    const name = typeof set === "string" ? set : JSON.stringify(set);
    call.phase(`taking the picture of ${name}`);
    const result: VariantResult = {
      name,
      status: "failed",
      traits: view?.traits ?? null,
      picture: null,
      htmlHash: null,
      error: problemOrNull(error ?? view?.error),
    };
    results.push(result);
    if (view?.html === undefined || result.error !== null) continue;
    try {
      const picture = await pictureOf(live, view, options, world);
      result.htmlHash = hash(view.html);
      result.picture = await keep(picture, output(name), call);
      result.status = "ok";
    } catch (thrown) {
      result.error = problemFrom(thrown).toJSON();
    }
  }
  return results;
}

/** A variant over what the session is set to. What is no trait set is left for the reloader to refuse. */
function over(live: Live, set: VariantRequest): string | Traits {
  try {
    return { ...live.chosen, ...live.traits(set) };
  } catch {
    return set as string | Traits;
  }
}

export async function pictureOf(
  live: Live,
  rendered: Rendered,
  options: PictureOptions,
  world: World,
): Promise<PictureData> {
  return live.withAddress(live.document(rendered, false), (url) =>
    world.browser.picture(url, rendered.traits, options),
  );
}

/** @throws Problem for a name that says another format than the parameter */
export function pictureOptions({ output, format, quality, fullPage, fit }: PictureParams): PictureOptions {
  const extension = output === undefined ? "" : extname(output).toLowerCase();
  const named = extension === ".png" ? "png" : /^\.jpe?g$/.test(extension) ? "jpeg" : undefined;
  if (format !== undefined && named !== undefined && format !== named) {
    throw new Problem({
      phase: "request",
      code: "format",
      message: `${output} has the name of a ${named}, and the format is ${format}`,
      remediation: "Leave the format out, or give the file another name.",
    });
  }
  return {
    format: format ?? named ?? "png",
    ...(quality !== undefined && { quality }),
    ...(fullPage !== undefined && { fullPage }),
    ...(fit !== undefined && { fit }),
  };
}

/** Writes a picture where it is wanted, else puts it into the answer. */
export async function keep(
  picture: PictureData,
  output: string | undefined,
  call: Call,
): Promise<NonNullable<VariantResult["picture"]>> {
  const { format, width, height, data } = picture;
  let path: string | null = null;
  if (output === undefined) {
    call.pictures.push({ mimeType: `image/${format}`, data: data.toString("base64") });
  } else {
    path = resolve(call.cwd, output);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, data);
  }
  return { format, width, height, bytes: data.length, output: path };
}

/** The session that is meant; one that passes, if a file is named that has none. */
function use<T>(
  target: Target,
  call: Call,
  world: World,
  action: (live: Live, ephemeral: boolean) => Promise<T>,
): Promise<T> {
  if (target.session === undefined && target.file !== undefined)
    return world.passing(target.file, call, action);
  return action(world.target(target, call), false);
}

export function hash(html: string): string {
  return createHash("sha256").update(html).digest("hex").slice(0, 16);
}

/** A name as part of a file name. */
export function slug(name: string): string {
  const plain = name
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .toLowerCase();
  return plain === "" ? hash(name) : plain.slice(0, 60);
}
