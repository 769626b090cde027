/** Which URLs markup refuses: those that would run as code in the page. */

const LEADING_AND_INNER = /[\u0000-\u0020\u007f-\u00a0\u2028\u2029\ufeff]/g;
const SCHEME = /^([a-z][a-z0-9+.-]*):/;

/**
 * What a browser would run: `javascript:` and `vbscript:`, and `data:` that can hold a script. The
 * check is stricter than the URL standard's parser, which strips tabs and new lines inside and
 * controls and spaces before: here all of them are ignored everywhere.
 */
export function isRefusedUrl(url: string): boolean {
  const bare = url.replace(LEADING_AND_INNER, "").toLowerCase();
  const scheme = SCHEME.exec(bare)?.[1];
  if (scheme === "javascript" || scheme === "vbscript") return true;
  if (scheme !== "data") return false;
  const type = /^data:([^,;]*)/.exec(bare)?.[1] ?? "";
  return !/^(?:$|text\/plain$|image\/(?!svg)|audio\/|video\/|font\/)/.test(type);
}
