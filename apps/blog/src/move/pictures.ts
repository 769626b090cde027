/**
 * Pictures that posts show, out of folders. What a file is its content says; what is no picture that browsers show, or is
 * too large, stays behind and is told.
 */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { basename, extname, join, resolve, sep } from "node:path";
import slugify from "@sindresorhus/slugify";
import { fileAddress } from "../records.ts";
import type { Collector } from "./model.ts";

/** Bytes. */
const LARGEST = 10 * 2 ** 20;

/** The type that the first bytes of a file tell, or undefined. */
export function pictureType(bytes: Uint8Array): string | undefined {
  const ascii = (from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));
  if (bytes[0] === 0x89 && ascii(1, 4) === "PNG") return "image/png";
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "image/jpeg";
  if (/^GIF8[79]a$/.test(ascii(0, 6))) return "image/gif";
  if (ascii(0, 4) === "RIFF" && ascii(8, 12) === "WEBP") return "image/webp";
  if (ascii(4, 8) === "ftyp" && /^avi[fs]$/.test(ascii(8, 12))) return "image/avif";
  return undefined;
}

/** The places of pictures in Markdown: `![alt](place "title")`. */
const PICTURE = /(!\[(?:[^\]\\]|\\.)*\]\()\s*(<[^>\n]*>|[^\s)]+)((?:\s+(?:"[^"]*"|'[^']*'))?\s*\))/g;

const LINKED = /(?<=\]\()[^)\s<>]+\.(?:png|jpe?g|gif|webp|avif)(?=\))/gi;

/**
 * Takes along the pictures of a text, and has the text show them from the blog.
 * @param find the file that a place names, or undefined where it is an address on the net
 */
export function takePictures(
  text: string,
  source: string,
  collector: Collector,
  find: (place: string) => string | undefined,
): string {
  const shown = text.replace(PICTURE, (all, before: string, written: string, after: string) => {
    const place = written.replace(/^<|>$/g, "");
    if (/^\/files\//.test(place)) return all;
    const file = find(place.replace(/[?#].*$/, ""));
    if (file === undefined) {
      if (/^(?:https?:)?\/\//.test(place))
        collector.note("changed", source, `the picture ${place} stays where it is`);
      else collector.note("skipped", source, `there is no picture ${place}`);
      return all;
    }
    const path = take(file, source, collector);
    return path === undefined ? all : `${before}${fileAddress(path)}${after}`;
  });
  // A link to a picture, mostly to a larger one.
  return shown.replace(LINKED, (place) => {
    const file = find(place.replace(/[?#].*$/, ""));
    const path = file === undefined ? undefined : take(file, source, collector);
    return path === undefined ? place : fileAddress(path);
  });
}

/**
 * Takes a picture along; its path among the blog's files, or undefined where it cannot be. The path has the hash of the
 * content in it: two pictures of one name do not meet, and one that comes again is the same.
 * @param name keeps that name: of a picture that has been among such files before
 */
export function take(file: string, source: string, collector: Collector, name?: string): string | undefined {
  const size = statSync(file).size;
  if (size > LARGEST) {
    collector.note("skipped", source, `the picture ${basename(file)} has more than ${LARGEST / 2 ** 20} MB`);
    return undefined;
  }
  const bytes = readFileSync(file);
  const type = pictureType(bytes);
  if (type === undefined) {
    collector.note("skipped", source, `${basename(file)} is no picture (PNG, JPEG, GIF, WebP or AVIF)`);
    return undefined;
  }
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8);
  const stem = slugify(basename(file, extname(file))) || "picture";
  const path = name ?? `${stem}-${hash}${extname(file).toLowerCase()}`;
  collector.files.set(path, { path, type, bytes: () => readFileSync(file) });
  return path;
}

/** The file at a place under a folder, if there is one; never one outside of it. */
export function fileUnder(folder: string, place: string): string | undefined {
  let path: string;
  try {
    path = resolve(join(folder, decodeURIComponent(place)));
  } catch {
    return undefined;
  }
  if (!path.startsWith(resolve(folder) + sep)) return undefined;
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? path : undefined;
}
