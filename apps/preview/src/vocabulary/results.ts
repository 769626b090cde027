/** What commands and tools answer with: the parts that several results share. */
import { TIERS } from "@sorbus/preview-reloader/vocabulary";
import * as z from "zod";
import { traitsSchema } from "./traits.ts";

export const problemSchema = z
  .object({
    phase: z.string().describe("Where in the work it went wrong: compile, render, browser …"),
    code: z.string().describe("Stable name of the mistake"),
    message: z.string(),
    detail: z.string().describe("Code frame, stack, or a list of what there is; may be empty"),
    remediation: z.string().describe("What to do about it"),
  })
  .describe("What went wrong");

/** Every answer about a session says what it is an answer about. */
export const standing = {
  session: z.string().describe("Id of the session"),
  file: z.string().describe("The file that it shows"),
  revision: z.int().describe("Counts the reloads that changed something"),
  generation: z.int().describe("Counts the times that code was compiled; an edit of a literal keeps it"),
  sourceHash: z.string().describe("Hash of the sources as they were read last"),
  stale: z.boolean().describe("True: what is shown is older than the sources, because those have an error"),
  error: problemSchema.nullable().describe("The error that the latest save has, if it has one"),
};

export const previewSchema = z.object({
  index: z.int().describe("Number to select it with, from 0"),
  name: z.string(),
  file: z.string(),
  line: z.int(),
  snippet: z.string().describe("The beginning of its form"),
  interactive: z.boolean().describe("It has actions, so that touching it can change its state"),
});

export const timingsSchema = z
  .object({
    watch: z.number(),
    parse: z.number(),
    diff: z.number(),
    compile: z.number(),
    instantiate: z.number(),
    render: z.number(),
    patch: z.number(),
  })
  .describe("Milliseconds of each phase");

export const droppedSchema = z
  .object({ name: z.string(), why: z.string() })
  .describe("State that does not fit the program any more");

export const recordSchema = z.object({
  revision: z.int(),
  tier: z.enum(TIERS).describe("How much of the program was made anew, least first"),
  reason: z.string().describe("Why this tier"),
  files: z.array(z.string()),
  definitions: z.array(z.string()).describe("Names of the definitions that were made anew"),
  stateKept: z.array(z.string()),
  stateDropped: z.array(droppedSchema),
  generation: z.int(),
  timings: timingsSchema,
  status: z.enum(["unchanged", "done", "failed"]),
  error: problemSchema.nullable(),
});

export const pictureSchema = z.object({
  format: z.enum(["png", "jpeg"]),
  width: z.int().describe("In pixels of the picture"),
  height: z.int(),
  bytes: z.int(),
  output: z.string().nullable().describe("The file that it was written to; null: it is in the answer"),
});

export const variantResultSchema = z.object({
  name: z.string(),
  status: z.enum(["ok", "failed"]),
  traits: traitsSchema.nullable(),
  picture: pictureSchema.nullable(),
  htmlHash: z.string().nullable(),
  error: problemSchema.nullable(),
});

export type ElementNode = {
  ref: string | null;
  role: string;
  name: string;
  value: string | null;
  states: Record<string, string | number | boolean>;
  source: { file: string; line: number; column: number } | null;
  children: ElementNode[];
};

export const elementSchema: z.ZodType<ElementNode> = z.object({
  ref: z.string().nullable().describe("Pass it to preview_touch; null: text"),
  role: z.string().describe("ARIA role"),
  name: z.string().describe("Accessible name"),
  value: z.string().nullable(),
  states: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .describe("checked, disabled, expanded, focused, level …"),
  source: z
    .object({ file: z.string(), line: z.int(), column: z.int() })
    .nullable()
    .describe("The form that made it"),
  get children() {
    return z.array(elementSchema);
  },
});

export const sessionSchema = z.object({
  ...standing,
  url: z.string().describe("The live page; only this machine can open it"),
  preview: z.int(),
  previews: z.int().describe("How many there are"),
  traits: traitsSchema,
  files: z.array(z.string()).describe("What the program consists of; saves of these are seen"),
});
