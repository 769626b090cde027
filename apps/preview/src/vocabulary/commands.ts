/** All commands. Their order is that of the help and of the docs. */
import * as z from "zod";
import type { AnyCommand, Command, Shape } from "./command.ts";
import {
  droppedSchema,
  elementSchema,
  pictureSchema,
  previewSchema,
  problemSchema,
  recordSchema,
  sessionSchema,
  standing,
  variantResultSchema,
} from "./results.ts";
import { traitsSchema, variantSchema } from "./traits.ts";

const session = z.string().optional().describe("Id of the session. Default: the only session there is");
const target = {
  session,
  file: z
    .string()
    .optional()
    .describe("The file whose session is meant, if no session is named; relative to the caller's folder"),
};
const file = z.string().describe("The .sx file; relative to the caller's folder");
const preview = z
  .union([z.int().min(0), z.string()])
  .optional()
  .describe("Index or name of a preview. Default: the one that the session shows, or the first");
const variant = variantSchema
  .optional()
  .describe("A preset, or traits as JSON, over the session's own; the session keeps its own");
const picture = {
  output: z
    .string()
    .optional()
    .describe("File to write the picture to; relative to the caller's folder. Default: the answer has it"),
  format: z.enum(["png", "jpeg"]).optional().describe("Default: by the name of the output, else png"),
  quality: z.int().min(1).max(100).optional().describe("Of a JPEG. Default: 80"),
  fullPage: z.boolean().optional().describe("The whole page instead of the viewport"),
  fit: z.boolean().optional().describe("Of the viewport only as much as there is something on"),
};

function command<const P extends Shape, const R extends Shape>(entry: Command<P, R>): Command<P, R> {
  return entry;
}

export const commands = {
  run: command({
    name: "run",
    tool: "preview_start",
    description:
      "Start a live session of a file: it is rendered anew after every save of the file or of what it imports. Answers with the session's id, the URL of its live page and its previews. Starting a file that has a session answers with that session. The session is there even if the file has errors: `stale` and `error` say so, and a save that mends them is picked up.",
    params: z.strictObject({
      file,
      preview,
      traits: variantSchema.optional().describe("Presets or traits that the session is looked at with"),
      another: z.boolean().optional().describe("Start a session of its own though the file has one"),
    }),
    result: z.object({ ...sessionSchema.shape, list: z.array(previewSchema), reused: z.boolean() }),
    positional: ["file"],
    examples: ["sx preview run card.sx", "sx preview run card.sx --detach"],
  }),
  list: command({
    name: "list",
    tool: "preview_list",
    description:
      "List the preview forms of a file by index, name, place and snippet. Needs no session. A file without preview forms has one preview: its handler, or its last value.",
    params: z.strictObject({ file }),
    result: z.object({ file: z.string(), previews: z.array(previewSchema) }),
    positional: ["file"],
    readOnly: true,
    examples: ["sx preview list card.sx"],
  }),
  snapshot: command({
    name: "snapshot",
    tool: "preview_snapshot",
    description:
      "Take a picture of a preview, with its HTML. Uses the session of the file if there is one, else one that ends with the snapshot. Look at `stale` and `error`: a stale picture shows the last good view.",
    params: z.strictObject({ ...target, preview, variant, ...picture }),
    result: z.object({
      ...standing,
      preview: z.int(),
      name: z.string(),
      picture: pictureSchema,
      html: z.string(),
      htmlHash: z.string(),
      ephemeral: z.boolean().describe("True: no session is left"),
    }),
    positional: ["file"],
    short: { output: "o" },
    readOnly: true,
    examples: [
      "sx preview snapshot card.sx -o card.png",
      "sx preview snapshot card.sx --variant dark -o dark.png",
    ],
  }),
  "snapshot-all": command({
    name: "snapshot-all",
    description:
      "Take pictures of all previews of files, in each variant, into a folder, with manifest.json and a gallery page. They show as much of the viewport as there is something on, or the whole page.",
    params: z.strictObject({
      files: z.array(z.string()).min(1).describe("The .sx files"),
      output: z.string().describe("Folder for the pictures; relative to the caller's folder"),
      variants: z.array(variantSchema).optional().describe("Default: light and dark"),
      format: picture.format,
      quality: picture.quality,
      fullPage: picture.fullPage,
    }),
    result: z.object({
      output: z.string(),
      gallery: z.string(),
      manifest: z.string(),
      taken: z.int(),
      failed: z.int(),
      entries: z.array(
        z.object({
          file: z.string(),
          preview: z.int(),
          name: z.string(),
          line: z.int(),
          variants: z.array(variantResultSchema),
        }),
      ),
      errors: z.array(z.object({ file: z.string(), error: problemSchema })),
    }),
    positional: ["files"],
    short: { output: "o" },
    examples: [
      "sx preview snapshot-all *.sx -o gallery",
      "sx preview snapshot-all card.sx -o out --variants light,dark,rtl",
    ],
  }),
  variants: command({
    name: "variants",
    tool: "preview_variants",
    description:
      "Look at a preview in several variants at once, each with a status of its own: an invalid one fails alone. Compiles nothing; the session's own traits and state stay as they are.",
    params: z.strictObject({
      ...target,
      preview,
      variants: z.array(variantSchema).min(1).max(32),
      output: z.string().optional().describe("Folder for the pictures. Default: the answer has them"),
      format: picture.format,
      quality: picture.quality,
      fullPage: picture.fullPage,
      fit: picture.fit,
    }),
    result: z.object({ ...standing, preview: z.int(), variants: z.array(variantResultSchema) }),
    positional: ["variants"],
    short: { output: "o" },
    readOnly: true,
    examples: ["sx preview variants light,dark,mobile -o out"],
  }),
  configure: command({
    name: "configure",
    tool: "preview_configure",
    description:
      "Set the traits that a session is looked at with: given ones are changed, the others stay. Without any, all are cleared.",
    params: z.strictObject({
      ...target,
      traits: variantSchema.optional().describe("A preset or traits; none, or {}: clears all"),
    }),
    result: z.object({ ...standing, traits: traitsSchema }),
    positional: ["traits"],
    examples: [
      "sx preview configure dark",
      `sx preview configure '{"fontScale":1.5}'`,
      "sx preview configure",
    ],
  }),
  switch: command({
    name: "switch",
    tool: "preview_switch",
    description:
      "Show another preview of the session's file, by index or name. One that does not exist is an error and changes nothing.",
    params: z.strictObject({
      ...target,
      preview: z.union([z.int().min(0), z.string()]).describe("Index or name, as preview_list says"),
    }),
    result: z.object({ ...standing, preview: z.int(), name: z.string() }),
    positional: ["preview"],
    examples: ["sx preview switch 1", 'sx preview switch "Long title"'],
  }),
  elements: command({
    name: "elements",
    tool: "preview_elements",
    description:
      "The accessibility tree of what a session shows: roles, names, values, states, and where in the source each element was written. Its references are what preview_touch takes; they are good until the next preview_elements.",
    params: z.strictObject({
      ...target,
      interactive: z.boolean().optional().describe("Only what can be clicked or typed into, as a flat list"),
    }),
    result: z.object({ ...standing, elements: z.array(elementSchema), count: z.int() }),
    readOnly: true,
    examples: ["sx preview elements", "sx preview elements --interactive"],
  }),
  touch: command({
    name: "touch",
    tool: "preview_touch",
    description:
      "Click an element, type into it, choose an option or press a key, by its reference from preview_elements. Answers with what was seen to change.",
    params: z.strictObject({
      ...target,
      element: z.string().describe("Reference of an element, such as e4"),
      action: z
        .enum(["click", "type", "select", "press", "hover"])
        .optional()
        .describe("Default: click; type, if there is text"),
      text: z
        .string()
        .optional()
        .describe("What to type (replaces what is there), the option, or the key, such as Enter"),
    }),
    result: z.object({
      ...standing,
      action: z.string(),
      changed: z.boolean(),
      changes: z.array(z.string()).describe("What is different after it, in words"),
      focused: z.string().nullable().describe("Role and name of what has the focus"),
    }),
    positional: ["element", "text"],
    examples: ["sx preview touch e4", 'sx preview touch e2 "Ada Lovelace"'],
  }),
  diff: command({
    name: "diff",
    tool: "preview_diff",
    description:
      "What is different between what a session shows and something else: an earlier revision, another variant, another preview, or a picture on disk. HTML first, then pixels.",
    params: z.strictObject({
      ...target,
      revision: z
        .int()
        .min(0)
        .optional()
        .describe("An earlier revision. Default: the last one that looked different"),
      variant: variantSchema.optional().describe("The same preview in this variant"),
      preview: z
        .union([z.int().min(0), z.string()])
        .optional()
        .describe("Another preview"),
      image: z.string().optional().describe("A PNG on disk, of the size that a snapshot has"),
      threshold: z
        .number()
        .min(0)
        .max(1)
        .optional()
        .describe("How different a pixel's colour may be. Default: 0.1"),
      output: z.string().optional().describe("PNG file for the picture of the differences"),
      fit: picture.fit,
    }),
    result: z.object({
      ...standing,
      against: z.string(),
      equal: z.boolean(),
      html: z
        .object({
          equal: z.boolean(),
          added: z.int(),
          removed: z.int(),
          patch: z.string().describe("Unified diff, one tag a line"),
        })
        .nullable()
        .describe("null: against a picture, which has none"),
      pixels: z.object({
        equal: z.boolean(),
        different: z.int(),
        ratio: z.number().describe("Part of the pixels that differ"),
        sizes: z.array(z.string()),
        output: z.string().nullable(),
      }),
    }),
    short: { output: "o" },
    readOnly: true,
    examples: [
      "sx preview diff",
      "sx preview diff --variant dark -o diff.png",
      "sx preview diff --image before.png",
    ],
  }),
  explain: command({
    name: "explain",
    tool: "preview_explain",
    description:
      "The last reloads of a session: which tier each took and why, what was made anew, which state was kept or dropped, how long each phase took.",
    params: z.strictObject({ ...target, limit: z.int().min(1).max(100).optional().describe("Default: 5") }),
    result: z.object({ ...standing, records: z.array(recordSchema).describe("Newest first") }),
    readOnly: true,
    examples: ["sx preview explain", "sx preview explain --limit 1 --json"],
  }),
  wait: command({
    name: "wait",
    tool: "preview_wait",
    description:
      "Wait, instead of sleeping, until a session shows what has been saved. Without a revision: looks at the files now and answers when what they hold is shown, or has failed to be. With one: answers when the session has that revision. A save that changes nothing makes no revision.",
    params: z.strictObject({
      ...target,
      revision: z.int().min(0).optional().describe("As another answer counted it, plus one"),
      timeout: z.number().positive().max(600).optional().describe("Seconds. Default: 30"),
    }),
    result: z.object({
      ...standing,
      record: recordSchema.nullable().describe("The last reload, if there was one"),
    }),
    readOnly: true,
    examples: ["sx preview wait --revision 4"],
  }),
  state: command({
    name: "state",
    tool: "preview_state",
    description:
      "Save the state of a session (its `defonce` values) to a file, or restore it from one. What does not fit any more is dropped, and said.",
    params: z.strictObject({
      action: z.enum(["save", "restore"]).describe("Which of the two"),
      ...target,
      path: z
        .string()
        .optional()
        .describe("The file of the state. Default: in the daemon, as long as the session lives"),
    }),
    result: z.object({
      ...standing,
      action: z.string(),
      path: z.string().nullable(),
      kept: z.array(z.string()).describe("Names of the values that were saved or restored"),
      dropped: z.array(droppedSchema),
    }),
    positional: ["action"],
    examples: ["sx preview state save --path counter.json", "sx preview state restore --path counter.json"],
  }),
  sessions: command({
    name: "sessions",
    tool: "session_list",
    description: "All live sessions.",
    params: z.strictObject({}),
    result: z.object({ sessions: z.array(sessionSchema) }),
    readOnly: true,
    examples: ["sx preview sessions"],
  }),
  stop: command({
    name: "stop",
    tool: "preview_stop",
    description: "End a session, or all of them.",
    params: z.strictObject({ ...target, all: z.boolean().optional().describe("All sessions") }),
    result: z.object({ stopped: z.array(z.string()) }),
    examples: ["sx preview stop", "sx preview stop --all"],
  }),
  status: command({
    name: "status",
    tool: "preview_build_info",
    description: "The daemon: its version, process, uptime, memory, browser, and how many sessions it has.",
    params: z.strictObject({}),
    result: z.object({
      version: z.string(),
      pid: z.int(),
      node: z.string(),
      uptime: z.number().describe("Seconds"),
      memory: z.number().describe("Resident memory in MiB"),
      sessions: z.int(),
      clients: z.int().describe("Connections to the socket"),
      page: z.string().describe("Address of the live pages"),
      browser: z.object({
        state: z.string(),
        version: z.string().nullable(),
        executable: z.string().nullable(),
      }),
      socket: z.string(),
      log: z.string(),
    }),
    readOnly: true,
    examples: ["sx preview status --json"],
  }),
} as const;

export type CommandName = keyof typeof commands;

type Commands = typeof commands;

/** The parameters of a command, after they have been checked. */
export type Params<N extends CommandName> = z.infer<Commands[N]["params"]>;
export type Result<N extends CommandName> = z.infer<Commands[N]["result"]>;

export const commandNames = Object.keys(commands) as readonly CommandName[];

export const commandOf = (name: CommandName): AnyCommand => commands[name];

/** The command that an MCP tool is. */
export function commandOfTool(tool: string): CommandName | undefined {
  return commandNames.find((name) => commandOf(name).tool === tool);
}
