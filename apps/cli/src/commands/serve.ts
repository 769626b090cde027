/** `sx serve`: a program's handler over HTTP. */
import { ListenError, serveApp } from "@sorbus/http-host";
import { kindOf } from "@sorbus/vm";
import { fail, openSession, type RunFlags } from "../session.ts";
import { missingFile } from "./run.ts";

export async function serveCommand(
  file: string,
  flags: RunFlags & { readonly port: number; readonly host: string },
): Promise<void> {
  const missing = missingFile(file);
  if (missing !== undefined) return fail(missing);
  const session = await openSession(flags);
  const { runtime } = session;
  try {
    const last = await runtime.loadValue(file);
    const app = kindOf(last) === "function" ? last : runtime.mainModule().lookupOwn("handler") === undefined ? undefined : runtime.global("handler");
    if (app === undefined || kindOf(app) !== "function") {
      throw new Error(`${file} gives no handler: its last form must be a function, or it must define \`handler\``);
    }
    const server = await serveApp({ runtime, app, port: flags.port, hostname: flags.host, development: true });
    process.stdout.write(`serving ${file} on ${server.url}\n`);
    const stop = (): void => {
      server.close().then(
        () => session.close(),
        (error: unknown) => fail(String(error)),
      );
    };
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
  } catch (error) {
    fail(error instanceof ListenError || (error instanceof Error && error.name === "Error") ? error.message : runtime.report(error));
    await session.close();
  }
}
