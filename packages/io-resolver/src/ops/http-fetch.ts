/** `(:http/fetch url opts)`: a request to the web; a dict with status, headers and body comes back. */
import { type HandlerContext, type OpDeclaration, OpError } from "../op.ts";

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
      narrowing: { what: "a host", within: withinHost },
      handler: async ([target, opts], context) => {
        const url = String(target);
        const { as } = (opts ?? {}) as CheckedOptions;
        try {
          const response = await followed(
            send ?? globalThis.fetch,
            url,
            (opts ?? {}) as CheckedOptions,
            context,
          );
          const bytes = await readBody(response, maxBody, url);
          return {
            status: response.status,
            headers: Object.fromEntries(response.headers),
            body: as === "bytes" ? bytes : new TextDecoder().decode(bytes),
          };
        } catch (error) {
          if (error instanceof OpError || context.signal.aborted) throw error;
          throw new OpError("host", `:http/fetch of ${url} failed: ${reasonOf(error)}`, [url], {
            cause: error,
          });
        }
      },
    },
  ];
}

const MOST_REDIRECTS = 20;
/** What goes to the first origin only. */
const SECRETS = new Set(["authorization", "cookie", "proxy-authorization"]);

/**
 * The response at the end of all redirects. They are followed here, because each must be granted as the first URL was.
 * What changes on the way is as in the Fetch standard.
 */
async function followed(
  send: typeof globalThis.fetch,
  first: string,
  options: CheckedOptions,
  { signal, permits, op }: HandlerContext,
): Promise<Response> {
  let url = new URL(first);
  let method = options.method ?? (options.body == null ? "GET" : "POST");
  let headers = options.headers ?? {};
  let { body } = options;
  for (let redirects = 0; ; redirects++) {
    const response = await send(url.href, {
      method,
      headers,
      // Copied so that what is sent cannot change under it, and cannot be a shared buffer.
      ...(body != null && { body: typeof body === "string" ? body : new Uint8Array(body) }),
      redirect: "manual",
      signal,
    });
    const to = response.headers.get("location");
    if (![301, 302, 303, 307, 308].includes(response.status) || to === null) return response;
    await response.body?.cancel();
    if (redirects === MOST_REDIRECTS)
      throw new OpError("host", `:${op} of ${first} failed: more than ${MOST_REDIRECTS} redirects`, [first]);
    const next = new URL(to, url);
    const wrong = checkUrl(next.href);
    if (wrong !== undefined)
      throw new OpError(
        "host",
        `:${op} of ${first} failed: it redirects to ${next.href}, no http or https URL`,
        [first],
      );
    const reason = permits?.([next.href]);
    if (reason !== undefined)
      throw new OpError("denied", `:${op} is not granted: ${first} redirects, and ${reason}`, [op, first]);
    if (next.origin !== url.origin)
      headers = Object.fromEntries(
        Object.entries(headers).filter(([name]) => !SECRETS.has(name.toLowerCase())),
      );
    const asGet = response.status === 303 ? method !== "HEAD" : response.status < 303 && method === "POST";
    if (asGet) {
      method = "GET";
      body = undefined;
      headers = Object.fromEntries(
        Object.entries(headers).filter(([name]) => !name.toLowerCase().startsWith("content-")),
      );
    }
    url = next;
  }
}

/** `example.org`, `example.org:8080`, `*.example.org`, or `https://example.org/api/`: what begins with it. */
function withinHost(limit: unknown): (args: readonly unknown[]) => string | undefined {
  const wrong = (): never => {
    throw new TypeError(
      `A grant of :http/fetch is narrowed to a host, *.host or the beginning of a URL that ends with /, not ${JSON.stringify(limit)}`,
    );
  };
  if (typeof limit !== "string" || limit === "") return wrong();
  const fits = limit.includes("://") ? beginsWith(limit, wrong) : isAtHost(limit, wrong);
  return ([target]) => {
    const url = new URL(String(target));
    return fits(url) ? undefined : `${url.origin}${url.pathname} is outside ${limit}`;
  };
}

function beginsWith(limit: string, wrong: () => never): (url: URL) => boolean {
  if (checkUrl(limit) !== undefined || !limit.endsWith("/")) return wrong();
  const { origin, pathname } = new URL(limit);
  // A server may read %2e and %2f as what leads out of the path.
  return (url) =>
    url.origin === origin && url.pathname.startsWith(pathname) && !/%2e|%2f|%5c/i.test(url.pathname);
}

function isAtHost(limit: string, wrong: () => never): (url: URL) => boolean {
  const any = limit.startsWith("*.");
  const name = any ? limit.slice(2) : limit;
  if (!/^[^/?#@\s*\\]+$/.test(name) || !URL.canParse(`http://${name}/`)) return wrong();
  // With a scheme whose own port is never left out.
  const { hostname, port } = new URL(`http://${name}/`);
  const stated = /:\d+$/.test(name) ? port || "80" : "";
  return (url) => {
    const own = url.protocol === "https:" ? "443" : "80";
    const at = any ? url.hostname.endsWith(`.${hostname}`) : url.hostname === hostname;
    return at && (url.port || own) === (stated || own);
  };
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
