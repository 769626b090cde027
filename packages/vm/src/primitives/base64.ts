/** Base64 (RFC 4648), standard and URL-safe. `atob` would accept white space and take no bytes. */

const STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

export type Alphabet = "standard" | "url";

/** The URL-safe alphabet goes without padding. */
export function encodeBase64(data: Uint8Array, alphabet: Alphabet): string {
  const letters = alphabet === "url" ? URL_SAFE : STANDARD;
  let text = "";
  let i = 0;
  for (; i + 2 < data.length; i += 3) {
    const bits = ((data[i] ?? 0) << 16) | ((data[i + 1] ?? 0) << 8) | (data[i + 2] ?? 0);
    text +=
      letters.charAt(bits >> 18) +
      letters.charAt((bits >> 12) & 63) +
      letters.charAt((bits >> 6) & 63) +
      letters.charAt(bits & 63);
  }
  const left = data.length - i;
  if (left === 0) return text;
  const bits = ((data[i] ?? 0) << 16) | ((data[i + 1] ?? 0) << 8);
  text += letters.charAt(bits >> 18) + letters.charAt((bits >> 12) & 63);
  if (left === 2) text += letters.charAt((bits >> 6) & 63);
  return alphabet === "url" ? text : text + "=".repeat(3 - left);
}

/** The bytes, or what is wrong with the text. The standard alphabet needs its padding. */
export function decodeBase64(text: string, alphabet: Alphabet): Uint8Array | string {
  const letters = alphabet === "url" ? URL_SAFE : STANDARD;
  const body = text.replace(/={1,2}$/, "");
  const padding = text.length - body.length;
  if (body.length % 4 === 1 || (padding > 0 || alphabet === "standard" ? text.length % 4 !== 0 : false)) {
    return `a length of ${text.length} is not one of base64`;
  }
  const data = new Uint8Array(Math.floor((body.length * 3) / 4));
  let bits = 0;
  let have = 0;
  let at = 0;
  for (let i = 0; i < body.length; i++) {
    const digit = letters.indexOf(body.charAt(i));
    if (digit < 0) return `${JSON.stringify(body.charAt(i))} at index ${i} is not a character of base64`;
    bits = ((bits << 6) | digit) & 0xfffff;
    have += 6;
    if (have >= 8) {
      have -= 8;
      data[at++] = (bits >> have) & 255;
    }
  }
  // Two texts for the same bytes would let a signed value change its spelling.
  if ((bits & ((1 << have) - 1)) !== 0) return "the last character has bits that belong to no byte";
  return data;
}
