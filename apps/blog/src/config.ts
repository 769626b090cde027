/** The settings of the blog, from the environment. Every one has a default. */
import { fileURLToPath } from "node:url";

export interface Config {
  readonly port: number;
  /** Loopback unless told otherwise. */
  readonly host: string;
  /** The store's URL, as `open` of durable-kv takes it. */
  readonly store: string;
  /** Where readers reach the blog, without a slash at the end; undefined: as the request says. */
  readonly url: string | undefined;
  /** A page that fails shows what went wrong. */
  readonly development: boolean;
}

/** What BLOG_DATA may be besides a folder. */
const STORE_URL = /^(?:sqlite|memory|postgres|postgresql):/;

/** A setting that cannot be used: the message names it and says what it should be. */
export class ConfigError extends Error {}

/**
 * Reads PORT (0: any free one), HOST, BLOG_DATA, BLOG_URL, and NODE_ENV.
 * @throws ConfigError for a value that makes no sense
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const port = env.PORT ?? "3000";
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new ConfigError(`PORT must be a number from 0 to 65535, not "${port}"`);
  }
  const url = env.BLOG_URL?.replace(/\/+$/, "");
  if (url !== undefined && !(URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))) {
    throw new ConfigError(`BLOG_URL must be an http or https address, not "${env.BLOG_URL}"`);
  }
  const data = env.BLOG_DATA || fileURLToPath(new URL("../.data", import.meta.url));
  return {
    port: Number(port),
    host: env.HOST || "127.0.0.1",
    store: STORE_URL.test(data) ? data : `sqlite:${data}`,
    url,
    development: env.NODE_ENV === "development",
  };
}

/** A store's URL for people: without the password, and a folder as such. */
export function shownStore(url: string): string {
  const folder = /^sqlite:(.*)$/s.exec(url)?.[1];
  if (folder !== undefined) return folder;
  return url.replace(/^([^/]*\/\/)[^@/]*@/, "$1");
}
