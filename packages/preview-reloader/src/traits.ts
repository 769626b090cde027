/**
 * Traits: the circumstances under which something is shown. They are data to a render, never a reason to
 * compile. A program reads them with `(context "traits")`, a dict with the keys below.
 */
import { PreviewError } from "./record.ts";

export interface Traits {
  readonly colorScheme?: "light" | "dark";
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly pixelRatio?: number;
  /** A BCP 47 tag such as `de-AT`. */
  readonly locale?: string;
  readonly direction?: "ltr" | "rtl";
  readonly reducedMotion?: boolean;
  readonly contrast?: "more" | "less" | "no-preference";
  readonly forcedColors?: boolean;
  /** Factor of the base font size; 1 is the usual. */
  readonly fontScale?: number;
  readonly print?: boolean;
}

/** What is so unless something else is said. */
export const DEFAULT_TRAITS: Required<Traits> = {
  colorScheme: "light",
  viewport: { width: 1280, height: 800 },
  pixelRatio: 1,
  locale: "en",
  direction: "ltr",
  reducedMotion: false,
  contrast: "no-preference",
  forcedColors: false,
  fontScale: 1,
  print: false,
};

/** Trait sets by name. */
export const PRESETS: Readonly<Record<string, Traits>> = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  rtl: { direction: "rtl" },
  ltr: { direction: "ltr" },
  "reduced-motion": { reducedMotion: true },
  mobile: { viewport: { width: 390, height: 844 }, pixelRatio: 3 },
  tablet: { viewport: { width: 820, height: 1180 }, pixelRatio: 2 },
  desktop: { viewport: { width: 1440, height: 900 }, pixelRatio: 1 },
};

type Check = (value: unknown) => string | undefined;

const oneOf =
  (...allowed: readonly string[]): Check =>
  (value) =>
    typeof value === "string" && allowed.includes(value) ? undefined : `must be one of ${allowed.join(", ")}`;
const flag: Check = (value) => (typeof value === "boolean" ? undefined : "must be true or false");
const between =
  (min: number, max: number): Check =>
  (value) =>
    typeof value === "number" && value >= min && value <= max
      ? undefined
      : `must be a number from ${min} to ${max}`;

const CHECKS: Readonly<Record<keyof Traits, Check>> = {
  colorScheme: oneOf("light", "dark"),
  viewport: (value) => {
    const { width, height, ...rest } = (typeof value === "object" && value !== null ? value : {}) as Record<
      string,
      unknown
    >;
    const size = between(1, 16_384);
    return Object.keys(rest).length === 0 && size(width) === undefined && size(height) === undefined
      ? undefined
      : 'must be {"width": …, "height": …} in CSS pixels, from 1 to 16384';
  },
  pixelRatio: between(0.5, 8),
  locale: (value) => {
    try {
      if (typeof value === "string") {
        new Intl.Locale(value);
        return undefined;
      }
    } catch {
      // Not a tag: said below.
    }
    return 'must be a language tag such as "de-AT"';
  },
  direction: oneOf("ltr", "rtl"),
  reducedMotion: flag,
  contrast: oneOf("more", "less", "no-preference"),
  forcedColors: flag,
  fontScale: between(0.25, 8),
  print: flag,
};

function invalid(message: string): never {
  throw new PreviewError({
    phase: "request",
    code: "traits",
    message,
    detail: message,
    remediation: `Give a preset (${Object.keys(PRESETS).join(", ")}) or JSON with the keys ${Object.keys(CHECKS).join(", ")}.`,
  });
}

/** The trait set that `value` says. @throws PreviewError code "traits" for an unknown key or an impossible value */
export function checkTraits(value: unknown): Traits {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    invalid("traits are an object of trait names and values");
  for (const [key, item] of Object.entries(value)) {
    if (!Object.hasOwn(CHECKS, key)) invalid(`there is no trait ${JSON.stringify(key)}`);
    const wrong = CHECKS[key as keyof Traits](item);
    if (wrong !== undefined)
      invalid(`the trait ${key} ${wrong}, not ${JSON.stringify(item) ?? String(item)}`);
  }
  return value as Traits;
}

/**
 * The trait set that a person wrote: names of presets joined by `+`, or JSON.
 * @throws PreviewError code "traits"
 */
export function parseTraits(text: string): Traits {
  const trimmed = text.trim();
  if (trimmed.startsWith("{")) {
    let value: unknown;
    try {
      value = JSON.parse(trimmed);
    } catch (error) {
      invalid(`the traits are no JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
    return checkTraits(value);
  }
  let traits: Traits = {};
  for (const name of trimmed.split("+").map((part) => part.trim())) {
    const preset = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined;
    if (preset === undefined) invalid(`there is no trait preset ${JSON.stringify(name)}`);
    traits = { ...traits, ...preset };
  }
  return traits;
}

/** What a render is given: the defaults, then each set over those before it. */
export function completeTraits(...sets: readonly (Traits | undefined)[]): Required<Traits> {
  return Object.assign({}, DEFAULT_TRAITS, ...sets) as Required<Traits>;
}

/** As a program writes and reads them: `:color-scheme` for `colorScheme`. */
export function toKebab(traits: Traits): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(traits).map(([key, value]) => [
      key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`),
      value,
    ]),
  );
}

export function fromKebab(traits: Readonly<Record<string, unknown>>): Traits {
  return Object.fromEntries(
    Object.entries(traits).map(([key, value]) => [
      key.replace(/-([a-z])/g, (_, c: string) => c.toUpperCase()),
      value,
    ]),
  );
}
