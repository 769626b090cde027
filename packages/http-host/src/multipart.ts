/**
 * Forms with files in them. Nothing is read before the program asks, and then within bounds: fields stay in memory,
 * files go to a temporary folder, which is gone when the request is.
 */
import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { Busboy, type BusboyHeaders } from "@fastify/busboy";
import type { MultipartBrand, UploadBrand } from "./brands.ts";
import { HttpError } from "./types.ts";

export interface MultipartLimits {
  /** Bytes of one file. */
  readonly maxFile: number;
  /** How many files. */
  readonly maxFiles: number;
}

/** Bytes of one field that is no file, and how many of them. */
const MAX_FIELD = 2 ** 20;
const MAX_FIELDS = 1000;

/** A file that a client has sent. */
export class Upload implements UploadBrand {
  readonly brand = "sorbus/http/upload";
  readonly filename: string;
  readonly type: string;
  readonly size: number;
  #path: string | undefined;

  constructor(filename: string, type: string, size: number, path: string) {
    this.filename = filename;
    this.type = type;
    this.size = size;
    this.#path = path;
  }

  /** @throws Error after the end of the request */
  bytes(): Promise<Uint8Array> {
    return readFile(this.#found());
  }

  /**
   * Copies the file to `name` in `folder`. @throws Error when that would be outside, or hidden
   */
  async save(folder: string, name: string): Promise<void> {
    const target = resolve(folder, name);
    const inside = target.slice(resolve(folder).length + 1).split(sep);
    if (!target.startsWith(resolve(folder) + sep) || inside.some((part) => part.startsWith(".")))
      throw new Error(
        `${JSON.stringify(name)} is no name for an upload: it must stay in the folder for them`,
      );
    await mkdir(dirname(target), { recursive: true });
    await copyFile(this.#found(), target);
  }

  /** The file is gone from now on. */
  forget(): void {
    this.#path = undefined;
  }

  #found(): string {
    if (this.#path === undefined)
      throw new Error("An upload is kept until its request has been answered; save it before");
    return this.#path;
  }
}

export interface Multipart {
  /** In order of arrival; a name may come more than once. */
  readonly parts: readonly { readonly name: string; readonly value: string | Upload }[];
}

/** The body of a `multipart/form-data` request that has not been read yet. */
export class MultipartBody implements MultipartBrand {
  readonly brand = "sorbus/http/multipart";
  readonly #message: IncomingMessage;
  readonly #limit: number;
  readonly #uploads: Upload[] = [];
  #reading: Promise<Multipart> | undefined;
  #folder: Promise<string> | undefined;

  /** @param limit for the whole, in bytes */
  constructor(message: IncomingMessage, limit: number) {
    this.#message = message;
    this.#limit = limit;
  }

  /** Reads it; the same again when it has been read. @throws HttpError 400, 413 */
  read(limits: MultipartLimits): Promise<Multipart> {
    this.#reading ??= this.#read(limits);
    return this.#reading;
  }

  /** Removes the files. */
  async dispose(): Promise<void> {
    const folder = this.#folder;
    if (folder === undefined) return;
    this.#folder = undefined;
    for (const upload of this.#uploads) upload.forget();
    await rm(await folder, { recursive: true, force: true });
  }

  async #read({ maxFile, maxFiles }: MultipartLimits): Promise<Multipart> {
    const message = this.#message;
    if (Number(message.headers["content-length"] ?? 0) > this.#limit) throw tooLarge("form", this.#limit);
    const parts: { name: string; value: string | Upload }[] = [];
    const writing: Promise<void>[] = [];
    let failure: Error | undefined;
    let busboy: InstanceType<typeof Busboy>;
    try {
      busboy = new Busboy({
        headers: message.headers as BusboyHeaders,
        limits: {
          fieldSize: MAX_FIELD,
          fields: MAX_FIELDS,
          fileSize: maxFile,
          files: maxFiles,
          headerPairs: 100,
          parts: MAX_FIELDS + maxFiles,
        },
      });
    } catch {
      throw broken();
    }
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error): void => {
        failure ??= error;
        message.unpipe(busboy);
        message.off("data", count);
        // What is still to come is thrown away; the connection ends after the answer.
        message.resume();
        busboy.destroy();
        reject(failure);
      };
      let size = 0;
      const count = (chunk: Buffer): void => {
        size += chunk.length;
        if (size > this.#limit) fail(tooLarge("form", this.#limit));
      };
      busboy.on("field", (name, value, _nameCut, cut) => {
        if (cut) fail(tooLarge("field", MAX_FIELD));
        else parts.push({ name, value });
      });
      busboy.on("file", (name, stream, filename, _encoding, type) => {
        const at = parts.push({ name, value: "" }) - 1;
        const whole = this.#keep(stream, filename, type).then((upload) => {
          if (stream.truncated) fail(tooLarge("file", maxFile));
          // A file field that nobody has filled in is sent as a file without a name.
          else if (filename !== undefined && filename !== "") parts[at] = { name, value: upload };
        });
        writing.push(whole.catch(fail));
      });
      busboy.on("filesLimit", () =>
        fail(new HttpError(413, `The form has more than ${maxFiles} files`, CLOSE)),
      );
      busboy.on("fieldsLimit", () =>
        fail(new HttpError(413, `The form has more than ${MAX_FIELDS} fields`, CLOSE)),
      );
      busboy.on("partsLimit", () => fail(new HttpError(413, "The form has too many parts", CLOSE)));
      busboy.on("error", () => fail(broken()));
      busboy.on("finish", () => resolve());
      message.once("error", () => fail(broken()));
      message.once("close", () => {
        if (!message.complete) fail(broken());
      });
      message.on("data", count);
      message.pipe(busboy);
    });
    await Promise.all(writing);
    if (failure !== undefined) throw failure;
    return { parts };
  }

  async #keep(stream: NodeJS.ReadableStream, filename: string | undefined, type: string): Promise<Upload> {
    // What is written below may be the first to fail: the stream must not be without a listener until then.
    stream.on("error", () => {});
    this.#folder ??= mkdtemp(join(tmpdir(), "sorbus-upload-"));
    const path = join(await this.#folder, randomUUID());
    const file = createWriteStream(path, { mode: 0o600, flags: "wx" });
    const upload = { size: 0 };
    stream.on("data", (chunk: Buffer) => {
      upload.size += chunk.length;
    });
    await pipeline(stream, file);
    const made = new Upload(baseName(filename ?? ""), type, upload.size, path);
    this.#uploads.push(made);
    return made;
  }
}

/** Browsers used to send whole paths, and hostile clients do. */
function baseName(filename: string): string {
  return filename.replace(/^.*[/\\]/s, "").replace(/[\0-\x1f\x7f]/g, "");
}

const CLOSE = { connection: "close" } as const;
const broken = (): HttpError => new HttpError(400, "The form in the request's body is malformed", CLOSE);
const tooLarge = (what: string, limit: number): HttpError =>
  new HttpError(413, `A ${what} may not be larger than ${limit} bytes`, CLOSE);
