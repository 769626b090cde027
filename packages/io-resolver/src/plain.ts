/**
 * Plain data as JSON and back, exactly: what recordings are written in. JSON's own values stand for themselves; what it
 * cannot say is an object with the one key `$`, and an object that has that key itself is written out.
 */

/** @throws TypeError for what is no plain data, with the path to it */
export function plainToJson(value: unknown, path = "value"): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $: ["number", Object.is(value, -0) ? "-0" : String(value)] };
    case "bigint":
      return { $: ["bigint", String(value)] };
    case "undefined":
      return { $: ["undefined"] };
    case "object":
      break;
    default:
      throw new TypeError(`${path} is a ${typeof value}, which cannot be written down`);
  }
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((item, i) => plainToJson(item, `${path}[${i}]`));
  if (value instanceof Uint8Array) return { $: ["bytes", base64(value)] };
  if (value instanceof Map) {
    const pairs = [...value].map(([k, v]) => [
      plainToJson(k, `${path}, a key`),
      plainToJson(v, `${path} at ${String(k)}`),
    ]);
    return { $: ["map", pairs] };
  }
  if (value instanceof Set)
    return { $: ["set", [...value].map((item) => plainToJson(item, `${path}, an element`))] };
  const prototype: unknown = Object.getPrototypeOf(value);
  // Structs of an engine's heap have no prototype either, but cannot be extended.
  if (prototype !== Object.prototype && (prototype !== null || !Object.isExtensible(value)))
    throw new TypeError(`${path} is an object of a class, which cannot be written down`);
  const entries = Object.entries(value).map(([k, v]) => [k, plainToJson(v, `${path}.${k}`)] as const);
  if (Object.hasOwn(value, "$")) return { $: ["object", entries] };
  return Object.fromEntries(entries);
}

/** What `plainToJson` made. @throws TypeError for what it did not make */
export function plainFromJson(json: unknown): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map(plainFromJson);
  const entries = Object.entries(json);
  if (entries.length !== 1 || entries[0]?.[0] !== "$")
    return Object.fromEntries(entries.map(([k, v]) => [k, plainFromJson(v)]));
  const [type, content] = entries[0][1] as [string, unknown];
  const pairs = (): [unknown, unknown][] =>
    (content as [unknown, unknown][]).map(([k, v]) => [plainFromJson(k), plainFromJson(v)]);
  switch (type) {
    case "number":
      return Number(content);
    case "bigint":
      return BigInt(content as string);
    case "undefined":
      return undefined;
    case "bytes":
      return fromBase64(content as string);
    case "map":
      return new Map(pairs());
    case "set":
      return new Set((content as unknown[]).map(plainFromJson));
    case "object":
      return Object.fromEntries(pairs());
    default:
      throw new TypeError(`${type} is no kind of value in a recording`);
  }
}

/** A text that is equal for equal data, and different for different; undefined for what is no plain data. */
export function plainText(value: unknown): string | undefined {
  try {
    return JSON.stringify(plainToJson(value));
  } catch {
    return undefined;
  }
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000)
    text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
