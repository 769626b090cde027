/** `(:http/fetch url opts)`: a request to the web; a dict with status, headers and body comes back. */
import { type OpDeclaration, OpError } from "../op.ts";

export interface FetchOptions {
  /** Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /** The longest body that is accepted, in bytes. Default: 16 MiB. */
  readonly maxBody?: number;
}

const KNOWN_OPTIONS = new Set(["method", "headers", "body", "as"]);

export function httpFetchOps({ fetch: send, maxBody = 16 * 2 ** 20 }: FetchOptions = {}): OpDeclaration[] {
  return [
    {
      name: "http/fetch",
      params: "url &optional opts",
      purity: "write",
      doc: "Fetches a URL. opts: :method, :headers (a dict), :body (string or bytes), :as (text or bytes).",
      check: ([url, opts]) => checkUrl(url) ?? checkOptions(opts ?? {}),
      handler: async ([target, opts], { signal }) => {
        const url = String(target);
        const { method, headers, body, as } = (opts ?? {}) as CheckedOptions;
        try {
          const response = await (send ?? globalThis.fetch)(url, {
            method: method ?? (body == null ? "GET" : "POST"),
            ...(headers != null && { headers }),
            // Copied so that what is sent cannot change under it, and cannot be a shared buffer.
            ...(body != null && { body: typeof body === "string" ? body : new Uint8Array(body) }),
            signal,
          });
          const bytes = await readBody(response, maxBody, url);
          return {
            status: response.status,
            headers: Object.fromEntries(response.headers),
            body: as === "bytes" ? bytes : new TextDecoder().decode(bytes),
          };
        } catch (error) {
          if (error instanceof OpError || signal.aborted) throw error;
          throw new OpError("host", `:http/fetch of ${url} failed: ${reasonOf(error)}`, [url], {
            cause: error,
          });
        }
      },
    },
  ];
}

/** What `checkOptions` has let through. */
interface CheckedOptions {
  readonly method?: string | null;
  readonly headers?: Record<string, string> | null;
  readonly body?: string | Uint8Array | null;
  readonly as?: "text" | "bytes" | null;
}

function checkUrl(url: unknown): string | undefined {
  const protocol = typeof url === "string" && URL.canParse(url) ? new URL(url).protocol : "";
  return protocol === "http:" || protocol === "https:"
    ? undefined
    : "url must be an absolute http or https URL";
}

function checkOptions(opts: unknown): string | undefined {
  if (typeof opts !== "object" || opts === null || Array.isArray(opts)) return "opts must be a dict";
  for (const [key, value] of Object.entries(opts)) {
    if (!KNOWN_OPTIONS.has(key))
      return `there is no option :${key}; there are ${[...KNOWN_OPTIONS].map((k) => `:${k}`).join(" ")}`;
    if (value == null) continue;
    if (key === "method" && typeof value !== "string") return ":method must be a string";
    if (key === "body" && typeof value !== "string" && !(value instanceof Uint8Array))
      return ":body must be a string or bytes";
    if (key === "as" && value !== "text" && value !== "bytes") return ':as must be "text" or "bytes"';
    if (key === "headers" && !isStringDict(value)) return ":headers must be a dict of strings";
  }
  return undefined;
}

function isStringDict(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((v) => typeof v === "string")
  );
}

async function readBody(response: Response, maxBody: number, url: string): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    // Leaving the loop by a throw cancels the stream, and with it the connection.
    if (size > maxBody)
      throw new OpError("limit", `:http/fetch of ${url} answers more than ${maxBody} bytes`, [url]);
    chunks.push(chunk);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** `fetch` says only "fetch failed"; what happened is in its cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return cause instanceof Error && cause.message !== ""
    ? cause.message
    : String((cause as { code?: unknown })?.code ?? cause);
}
