/** Where the process starts: compiled code of earlier runs is kept by Node, so that the next one starts fast. */
import { enableCompileCache } from "node:module";

enableCompileCache();
await import("./main.ts");
