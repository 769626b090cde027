/** The traits of preview-reloader, as the parameters of commands and tools describe them. */
import { PRESETS, type Traits } from "@sorbus/preview-reloader/vocabulary";
import * as z from "zod";

/** What values are allowed is the reloader's to check, so that it is the same everywhere; this is for who calls. */
export const traitsSchema = z
  .object({
    colorScheme: z.enum(["light", "dark"]).optional().describe("prefers-color-scheme"),
    viewport: z.object({ width: z.number(), height: z.number() }).optional().describe("In CSS pixels"),
    pixelRatio: z.number().optional().describe("Pixels of the picture for each CSS pixel"),
    locale: z.string().optional().describe("Language tag, such as de-CH"),
    direction: z.enum(["ltr", "rtl"]).optional().describe("Writing direction"),
    reducedMotion: z.boolean().optional().describe("prefers-reduced-motion"),
    contrast: z.enum(["more", "less", "no-preference"]).optional().describe("prefers-contrast"),
    forcedColors: z.boolean().optional().describe("forced-colors, as in high-contrast themes"),
    fontScale: z.number().optional().describe("Size of the root font; 1 is the usual"),
    print: z.boolean().optional().describe("Styles for paper"),
  })
  .describe("Traits by name");

/** Both ways: what the schema lets through are traits, and it knows all of them. */
type Same = [z.infer<typeof traitsSchema>] extends [{ -readonly [K in keyof Traits]: Traits[K] | undefined }]
  ? keyof Traits extends keyof z.infer<typeof traitsSchema>
    ? true
    : never
  : never;
true satisfies Same;

/** Presets by name, joined by `+`, or traits. A string that begins with a brace is traits as JSON. */
export const variantSchema = z.union([
  z.string().describe(`Presets (${Object.keys(PRESETS).join(", ")}) joined by +, or traits as JSON`),
  traitsSchema,
]);

export type VariantRequest = z.infer<typeof variantSchema>;
