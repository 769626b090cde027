/**
 * The live pages, over HTTP on this machine only. A session's address has its id in it, which nobody can guess; what
 * changes something is taken from these pages alone, and the name that was asked for must be this machine's, so
 * that no page of the web can do it.
 */
import {
  type Assets,
  assets,
  type HostRequest,
  type HostResponse,
  HttpError,
  type HttpServer,
  serve,
} from "@sorbus/http-host";
import type { Problem } from "../problem.ts";
import type { Traits } from "../reloader.ts";
import { pageFile } from "./scripts.ts";
import { shellDocument } from "./shell.ts";
import { type EventStream, eventStream } from "./stream.ts";
import type { FrameView, ShellView, VariantView } from "./view.ts";

/** A session as its pages see it. */
export interface PageSession {
  readonly id: string;
  readonly file: string;
  /** Folders by the address that stands for them, such as `/assets/`. */
  readonly folders: ReadonlyMap<string, string>;
  view(): ShellView;
  /** The document of the session's own view, or of a variant of it. */
  frame(variant: string | undefined): Promise<FrameView>;
  /** A document that a picture is taken of. */
  picture(key: string): string | undefined;
  variants(sets: readonly string[]): Promise<readonly (VariantView & { readonly frame: FrameView | null })[]>;
  act(
    action: string,
    detail: unknown,
    variant: string | undefined,
  ): Promise<{ readonly view: FrameView; readonly error: { readonly message: string } | null }>;
  switch(preview: number | string): Promise<unknown>;
  configure(traits: Traits): Promise<unknown>;
  /** A page has shown a revision. */
  noteShown(revision: number, milliseconds: number): void;
  /** @returns a function that ends it */
  follow(stream: EventStream): () => void;
}

export interface PageServerOptions {
  readonly session: (id: string) => PageSession | undefined;
  readonly sessions: () => Iterable<PageSession>;
  readonly port: number;
  readonly stirred: () => void;
  readonly problemFrom: (error: unknown) => Problem;
  readonly log: (line: string) => void;
}

export interface PageServer {
  readonly url: string;
  /** How many pages follow a session. */
  readonly followers: number;
  close(): Promise<void>;
}

/** Previews may load what they want, as the pages that they are parts of would; the page around them may not. */
const SHELL_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
const FRAME_POLICY =
  "default-src 'self' data: blob: https: 'unsafe-inline' 'unsafe-eval'; form-action 'none'; frame-ancestors 'self'";

const HTML = "text/html; charset=utf-8";

export async function servePages(options: PageServerOptions): Promise<PageServer> {
  const streams = new Set<EventStream>();
  const folders = new Map<string, Assets>();

  const asset = (folder: string, prefix: string): Assets => {
    const key = `${prefix} ${folder}`;
    let found = folders.get(key);
    if (found === undefined) folders.set(key, (found = assets({ folder, prefix })));
    return found;
  };

  /** A file that a preview asks for: of its session's folders, whichever has it. */
  const assetFor = async (request: HostRequest): Promise<HostResponse> => {
    const from = /\/s\/([^/?]+)/.exec(request.headers.get("referer") ?? "")?.[1];
    const first = from === undefined ? undefined : options.session(from);
    for (const session of [...(first === undefined ? [] : [first]), ...options.sessions()]) {
      for (const [prefix, folder] of session.folders) {
        const response = await asset(folder, prefix)(request);
        if (response !== undefined) return response;
      }
    }
    throw new HttpError(404, `There is nothing at ${request.path}`);
  };

  const follow = (session: PageSession): HostResponse => {
    let leave: (() => void) | undefined;
    const stream = eventStream(() => {
      leave?.();
      streams.delete(stream);
      options.stirred();
    });
    streams.add(stream);
    leave = session.follow(stream);
    options.stirred();
    return {
      headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
      body: stream.body,
    };
  };

  const read = async (session: PageSession, rest: string, request: HostRequest): Promise<HostResponse> => {
    const query = (name: string): string | undefined => request.query.get(name);
    switch (rest) {
      case "":
        return page(shellDocument(session.id, session.file), SHELL_POLICY);
      case "frame": {
        const key = query("picture");
        if (key === undefined) return page((await session.frame(query("variant"))).document, FRAME_POLICY);
        const document = session.picture(key);
        if (document === undefined) throw new HttpError(404, "There is no such picture");
        return page(document, FRAME_POLICY);
      }
      case "view":
        return json(session.view());
      case "variants":
        return json(await session.variants(new URLSearchParams(request.queryString).getAll("set")));
      case "events":
        return follow(session);
      default:
        // What a preview names relatively is beside its file.
        return assetFor(request);
    }
  };

  const change = async (session: PageSession, rest: string, request: HostRequest): Promise<HostResponse> => {
    const site = request.headers.get("sec-fetch-site");
    if (site !== undefined && site !== "same-origin") throw new HttpError(403, "Only from the page itself");
    const origin = request.headers.get("origin");
    if (origin !== undefined && origin !== `http://${request.headers.get("host")}`) {
      throw new HttpError(403, "Only from the page itself");
    }
    if (request.headers.get("content-type") !== "application/json") throw new HttpError(415, "Only JSON");
    const body = bodyOf(request);
    try {
      switch (rest) {
        case "act": {
          const variant = typeof body.variant === "string" ? body.variant : undefined;
          return json(await session.act(String(body.action), body.detail ?? null, variant));
        }
        case "switch":
          await session.switch(body.preview as number | string);
          return json({});
        case "configure":
          await session.configure(body.traits as Traits);
          return json({});
        case "shown":
          session.noteShown(Number(body.revision), Number(body.milliseconds));
          return json({});
        default:
          throw new HttpError(404, `There is nothing at ${request.path}`);
      }
    } catch (error) {
      if (error instanceof HttpError) throw error;
      const problem = options.problemFrom(error);
      return { ...json(problem), status: problem.phase === "internal" ? 500 : 422 };
    }
  };

  const server: HttpServer = await serve({
    port: options.port,
    hostname: "127.0.0.1",
    drain: 100,
    // Events are sent one by one, and to this machine.
    compression: false,
    headers: {
      "content-security-policy": SHELL_POLICY,
      "referrer-policy": "same-origin",
      "x-frame-options": "SAMEORIGIN",
    },
    log: (entry) => {
      if (entry.level === "error") options.log(`${entry.method} ${entry.path}: ${entry.error ?? ""}`);
    },
    handler: async (request) => {
      if (!/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(request.headers.get("host") ?? "")) {
        throw new HttpError(421, "Ask for 127.0.0.1 or localhost");
      }
      options.stirred();
      const { method, path } = request;
      if (method !== "GET" && method !== "HEAD" && method !== "POST")
        throw new HttpError(405, "Only GET and POST");
      const own = /^\/-\/(.+)$/.exec(path);
      if (own !== null) {
        const file = pageFile(own[1] ?? "");
        if (file === undefined) throw new HttpError(404, `There is nothing at ${path}`);
        return file;
      }
      const parts = /^\/s\/([^/]+)(?:\/(.*))?$/.exec(path);
      const session = parts === null ? undefined : options.session(parts[1] ?? "");
      if (parts !== null && session === undefined) {
        throw new HttpError(
          404,
          "There is no such session (any more): `sx preview sessions` lists those that there are",
        );
      }
      if (session === undefined) {
        if (path === "/") return { body: "Open the address that `sx preview run` prints.\n" };
        return assetFor(request);
      }
      const rest = parts?.[2] ?? "";
      return method === "POST" ? change(session, rest, request) : read(session, rest, request);
    },
  });
  return {
    url: server.url,
    get followers() {
      return streams.size;
    },
    close: async () => {
      for (const stream of streams) stream.end();
      await server.close();
    },
  };
}

function page(body: string, policy: string): HostResponse {
  return {
    headers: { "content-type": HTML, "cache-control": "no-store", "content-security-policy": policy },
    body,
  };
}

function json(value: unknown): HostResponse {
  return {
    headers: { "content-type": "application/json", "cache-control": "no-store" },
    body: JSON.stringify(value),
  };
}

function bodyOf({ body }: HostRequest): Record<string, unknown> {
  const text = typeof body === "string" ? body : "";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new HttpError(400, "The body is no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new HttpError(400, "The body is no object");
  return value as Record<string, unknown>;
}
