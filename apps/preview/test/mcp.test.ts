/** An official MCP client drives every tool, and gets what the command line prints. */
import { readFileSync } from "node:fs";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CommandName, commandNames, commandOf } from "../src/vocabulary/commands.ts";
import { counter, parts } from "./programs.ts";
import { command, Place } from "./support.ts";

interface ToolResult {
  readonly isError?: boolean;
  readonly content: readonly {
    readonly type: string;
    readonly text?: string;
    readonly data?: string;
    readonly mimeType?: string;
  }[];
  readonly structuredContent?: Record<string, unknown>;
}

let place: Place;
let client: Client;

beforeAll(async () => {
  place = new Place();
  place.write("counter.sx", counter());
  place.write("other.sx", counter());
  place.write("parts.sx", parts());
  client = new Client({ name: "test", version: "1.0.0" });
  const [program = "", ...first] = command;
  const env = Object.entries(place.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  await client.connect(
    new StdioClientTransport({
      command: program,
      args: [...first, "serve"],
      cwd: place.folder,
      env: Object.fromEntries(env),
      stderr: "inherit",
    }),
  );
});
afterAll(async () => {
  await client?.close();
  await place?.[Symbol.asyncDispose]();
});

async function tool(name: string, params: Record<string, unknown> = {}): Promise<ToolResult> {
  return (await client.callTool({ name, arguments: params })) as ToolResult;
}

async function payload(name: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
  const { structuredContent, content, isError } = await tool(name, params);
  if (isError === true || structuredContent === undefined) throw new Error(content[0]?.text);
  expect(JSON.parse(content[0]?.text ?? "")).toEqual(structuredContent);
  return structuredContent;
}

async function cli(name: CommandName, ...args: string[]): Promise<Record<string, unknown>> {
  return (await place.json(name, ...args)) as Record<string, unknown>;
}

/** The error that an answer is. */
function errorOf(content: Record<string, unknown> | undefined): Record<string, string> {
  return (content?.error ?? {}) as Record<string, string>;
}

const unsteady = (status: Record<string, unknown>): Record<string, unknown> => ({
  ...status,
  uptime: 0,
  memory: 0,
  clients: 0,
});

test("every tool of the vocabulary is announced, with schemas and a description that one can act on", async () => {
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(commandNames.flatMap((name) => commandOf(name).tool ?? []));
  for (const { description, inputSchema, outputSchema } of tools) {
    expect(description?.length).toBeGreaterThan(15);
    expect(inputSchema.type).toBe("object");
    expect(outputSchema?.type).toBe("object");
    for (const parameter of Object.values(inputSchema.properties ?? {})) {
      expect(JSON.stringify(parameter)).toMatch(/"(description|enum)":/);
    }
  }
});

describe("with a session of counter.sx", () => {
  let session: string;
  beforeAll(async () => {
    session = (await payload("preview_start", { file: "counter.sx" })).session as string;
  });

  /** The same call both ways; what only tells the time apart. */
  const same: readonly (readonly [CommandName, Record<string, unknown>, readonly string[]])[] = [
    ["run", { file: "counter.sx" }, ["counter.sx", "--detach"]],
    ["list", { file: "counter.sx" }, ["counter.sx"]],
    ["snapshot", { file: "counter.sx", output: "a.png" }, ["counter.sx", "-o", "a.png"]],
    [
      "snapshot",
      { file: "counter.sx", preview: 1, variant: "dark", output: "a.jpg", quality: 50, fullPage: true },
      ["counter.sx", "--preview", "1", "--variant", "dark", "-o", "a.jpg", "--quality", "50", "--full-page"],
    ],
    [
      "variants",
      { variants: ["light", "nope", '{"fontScale":2,"direction":"rtl"}'], output: "v" },
      ["light,nope", '{"fontScale":2,"direction":"rtl"}', "-o", "v"],
    ],
    ["configure", { traits: "dark+rtl" }, ["dark+rtl"]],
    ["configure", {}, []],
    ["switch", { preview: 1 }, ["1"]],
    ["switch", { preview: "Counter" }, ["Counter"]],
    ["elements", {}, []],
    ["elements", { interactive: true }, ["--interactive"]],
    ["diff", { preview: "Badge", output: "d.png" }, ["--preview", "Badge", "-o", "d.png"]],
    ["explain", { limit: 3 }, ["--limit", "3"]],
    ["wait", {}, []],
    ["wait", { revision: 1 }, ["--revision", "1"]],
    ["state", { action: "save", path: "s.json" }, ["save", "--path", "s.json"]],
    ["state", { action: "restore", path: "s.json" }, ["restore", "--path", "s.json"]],
    ["sessions", {}, []],
  ];

  test.each(same)("%s %j: tool and command answer the same", async (name, params, args) => {
    const byTool = await payload(commandOf(name).tool ?? "", params);
    expect(await cli(name, ...args)).toEqual(byTool);
  });

  test("status: the same but for the time", async () => {
    const status = await payload("preview_build_info");
    expect(unsteady(await cli("status"))).toEqual(unsteady(status));
  });

  test("touch: the same, from the same page", async () => {
    const { elements } = await payload("preview_elements", { interactive: true });
    const field =
      (elements as { ref: string; role: string }[]).find(({ role }) => role === "textbox")?.ref ?? "";
    await payload("preview_touch", { element: field, text: "before" });
    const byTool = await payload("preview_touch", { element: field, text: "after" });
    expect(byTool.changes).toEqual(['field gone: Note: "before"', 'field new: Note: "after"']);
    await cli("touch", field, "before");
    expect(await cli("touch", field, "after")).toEqual(byTool);
  });

  test("a touch that acts shows what the program made of it", async () => {
    const { elements } = await payload("preview_elements", { interactive: true });
    const button =
      (elements as { ref: string; role: string }[]).find(({ role }) => role === "button")?.ref ?? "";
    const { changes } = await payload("preview_touch", { element: button });
    expect(changes).toContain("text new: Berries: 1");
  });

  test("snapshots without a file are in the answer", async () => {
    const { content } = await tool("preview_snapshot", { file: "counter.sx" });
    const [, picture] = content;
    expect(picture?.mimeType).toBe("image/png");
    await cli("snapshot", "counter.sx", "-o", "same.png");
    expect(Buffer.from(picture?.data ?? "", "base64").equals(readFileSync(place.path("same.png")))).toBe(
      true,
    );
  });

  const mistakes: readonly (readonly [CommandName, Record<string, unknown>, readonly string[]])[] = [
    ["snapshot", { file: "none.sx" }, ["none.sx"]],
    ["switch", { preview: 9 }, ["9"]],
    ["switch", { session: "none", preview: 0 }, ["0", "--session", "none"]],
    ["touch", { element: "e999" }, ["e999"]],
    ["wait", { revision: 900, timeout: 0.05 }, ["--revision", "900", "--timeout", "0.05"]],
    ["configure", { traits: "nope" }, ["nope"]],
    ["explain", { limit: 0 }, ["--limit", "0"]],
    ["state", { action: "restore", path: "none.json" }, ["restore", "--path", "none.json"]],
  ];

  test.each(mistakes)("%s %j: the same error, with what to do about it", async (name, params, args) => {
    const { isError, structuredContent } = await tool(commandOf(name).tool ?? "", params);
    expect(isError).toBe(true);
    const error = errorOf(structuredContent);
    expect(Object.keys(error)).toEqual(["phase", "code", "message", "detail", "remediation"]);
    expect(error.remediation).not.toBe("");
    const { stdout, stderr, code } = await place.sx([name, ...args, "--json"]);
    expect(code).not.toBe(0);
    expect(stdout).toBe("");
    expect(JSON.parse(stderr)).toEqual({ error });
  });

  test("with two sessions one must say which", async () => {
    const other = await payload("preview_start", { file: "other.sx" });
    const { isError, structuredContent } = await tool("preview_elements");
    expect(isError).toBe(true);
    const { code, detail } = errorOf(structuredContent);
    expect(code).toBe("which-session");
    expect(detail).toContain(session);
    expect(detail).toContain(other.session);
    expect((await payload("preview_elements", { file: "other.sx" })).session).toBe(other.session);
    expect(await payload("preview_stop", { session: other.session })).toEqual({ stopped: [other.session] });
  });

  test("stop: both end sessions", async () => {
    const { session: other } = await payload("preview_start", { file: "other.sx" });
    expect(await cli("stop", "--file", "other.sx")).toEqual({ stopped: [other] });
    expect(await payload("preview_stop", { all: true })).toEqual({ stopped: [session] });
    expect(await payload("session_list")).toEqual({ sessions: [] });
  });
});

test("a tool that nobody knows is an error like the others", async () => {
  const { isError, structuredContent } = await tool("preview_fly");
  expect(isError).toBe(true);
  expect(errorOf(structuredContent).code).toBe("no-command");
});

test("when the daemon is killed, the next call has another", async () => {
  const { pid } = await payload("preview_build_info");
  process.kill(pid as number, "SIGKILL");
  await expect
    .poll(
      async () => {
        const { isError, structuredContent } = await tool("preview_build_info");
        return isError !== true && structuredContent?.pid !== pid;
      },
      { timeout: 20_000 },
    )
    .toBe(true);
});
