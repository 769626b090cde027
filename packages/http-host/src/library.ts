/** Where the framework's modules are, for a runtime that is to find them: `(import "@sorbus/http-host/web.sx")`. */
import { fileURLToPath } from "node:url";

/** For `withLibraries` of the package `sorbus`: the modules of this package, as it is installed. */
export const webLibrary: Readonly<Record<string, string>> = {
  "@sorbus/http-host": fileURLToPath(new URL("../lib", import.meta.url)),
};
