/**
 * The MCP server over standard input and output: a proxy to the daemon, so that an agent and the people at the
 * command line are in one world of sessions. Tools are the commands of the vocabulary, and so are their answers.
 */
import { Server } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import * as z from "zod";
import manifest from "../package.json" with { type: "json" };
import { type Connection, connect } from "./client/connection.ts";
import { Problem, toProblem } from "./problem.ts";
import { commandNames, commandOf, commandOfTool } from "./vocabulary/commands.ts";
import type { Notice } from "./wire.ts";

const INSTRUCTIONS = `Previews of SX programs. Start a session with preview_start; after each save of a file call preview_wait (not a pause), then look with preview_snapshot or read with preview_elements. Every answer says whether what is shown is stale, and why. Paths are relative to the folder that the server was started in.`;

/** A tool as it is announced. */
interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: { type: "object"; [key: string]: unknown };
  readonly outputSchema: { type: "object"; [key: string]: unknown };
  readonly annotations: { readonly readOnlyHint: boolean; readonly openWorldHint: boolean };
}

/** Every command that agents have a use for, as a tool. */
export function tools(): Tool[] {
  return commandNames.flatMap((name): Tool[] => {
    const command = commandOf(name);
    if (command.tool === undefined) return [];
    return [
      {
        name: command.tool,
        title: name,
        description: command.description,
        inputSchema: objectSchema(command.params, "input"),
        outputSchema: objectSchema(command.result, "output"),
        annotations: { readOnlyHint: command.readOnly === true, openWorldHint: false },
      },
    ];
  });
}

function objectSchema(schema: z.ZodType, io: "input" | "output"): { type: "object"; [key: string]: unknown } {
  return { ...z.toJSONSchema(schema, { io }), type: "object" };
}

/** Serves until standard input ends. */
export async function serveMcp(): Promise<void> {
  const daemon = new Proxied();
  await new Promise<void>((resolve) => {
    const handle = serveStdio(() => mcpServer(daemon), {
      onerror: (error) => console.error(error.message),
    });
    process.stdin.once("end", () => void handle.close().then(resolve));
    process.stdin.once("close", resolve);
  });
  daemon.close();
}

/** A connection with the daemon that is made anew when the daemon has gone. */
class Proxied {
  #connection: Promise<Connection> | undefined;

  get(): Promise<Connection> {
    this.#connection ??= connect({ notice: (text) => console.error(text) }).then(
      (connection) => {
        void connection.closed.then(() => {
          this.#connection = undefined;
        });
        return connection;
      },
      (error: unknown) => {
        this.#connection = undefined;
        throw error;
      },
    );
    return this.#connection;
  }

  close(): void {
    void this.#connection?.then((connection) => connection.close()).catch(() => {});
  }
}

function mcpServer(daemon: Proxied): Server {
  const server = new Server(
    { name: "sorbus-preview", version: manifest.version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler("tools/list", () => ({ tools: tools() }));
  server.setRequestHandler("tools/call", async ({ params }, context) => {
    const token = params._meta?.progressToken;
    let ticks = 0;
    const notice = (told: Notice): void => {
      if (token === undefined || told.kind !== "working") return;
      const progress = {
        progressToken: token,
        progress: ++ticks,
        message: `${told.phase} (${told.seconds} s)`,
      };
      void context.mcpReq.notify({ method: "notifications/progress", params: progress });
    };
    try {
      const command = commandOfTool(params.name);
      if (command === undefined) throw noTool(params.name);
      const connection = await daemon.get();
      const { result, pictures } = await connection.call(command, params.arguments ?? {}, {
        notice,
        signal: context.mcpReq.signal,
      });
      return {
        content: [
          { type: "text", text: JSON.stringify(result) },
          ...pictures.map(({ data, mimeType }) => ({ type: "image" as const, data, mimeType })),
        ],
        structuredContent: result as Record<string, unknown>,
      };
    } catch (error) {
      const problem = toProblem(error).toJSON();
      return {
        isError: true,
        content: [{ type: "text", text: JSON.stringify(problem) }],
        structuredContent: { error: problem },
      };
    }
  });
  return server;
}

function noTool(name: string): Problem {
  return new Problem({
    phase: "request",
    code: "no-command",
    message: `there is no tool ${name}`,
    remediation: `There are ${tools()
      .map((tool) => tool.name)
      .join(", ")}.`,
  });
}
