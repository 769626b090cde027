/** `sx serve`: a program's handler over HTTP. */

import { once } from "node:events";
import { kindOf, type Value } from "@sorbus/vm";
import type { Runtime } from "sorbus";
import { CommandError, ended } from "../ending.ts";
import { print } from "../output.ts";
import { folderOf, type RunFlags, withSession } from "../session.ts";
import { needFile } from "./run.ts";

export function serveCommand(
  file: string,
  flags: RunFlags & { readonly port: number; readonly host: string },
): Promise<void> {
  return withSession(
    flags,
    async ({ runtime }) => {
      needFile(file);
      const last = await runtime.loadValue(file, { signal: ended });
      const app = handlerOf(runtime, last);
      if (app === undefined) {
        throw new CommandError(
          `${file} gives no handler: its last form must be a function of a request, or it must define \`handler\``,
        );
      }
      const { serveApp } = await import("@sorbus/http-host");
      const server = await serveApp({
        runtime,
        app,
        port: flags.port,
        hostname: flags.host,
        development: true,
        files: folderOf(file),
      });
      print(`serving ${file} on ${server.url}\n`);
      if (!ended.aborted) await once(ended, "abort");
      // To be asked to end is how a server ends.
      process.exitCode = 0;
      await server.close();
    },
    {},
    file,
  );
}

function handlerOf(runtime: Runtime, last: Value): Value | undefined {
  if (kindOf(last) === "function") return last;
  if (runtime.mainModule().lookupOwn("handler") === undefined) return undefined;
  const handler = runtime.global("handler");
  return kindOf(handler) === "function" ? handler : undefined;
}
