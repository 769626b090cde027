#!/usr/bin/env node
/** Where the process starts: compiled code of earlier runs is kept by Node, so that the next one starts fast. */
process.getBuiltinModule("node:module").enableCompileCache();
const { main } = await import("./main.ts");
await main(process.argv);
