/** Where the daemon's process starts, and by what it ends. */
import { enableCompileCache } from "node:module";

enableCompileCache();
const { startDaemon } = await import("./daemon.ts");
const daemon = await startDaemon();
if (daemon === undefined) {
  console.error("another preview daemon is running already");
} else {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    // Whoever sends a second one does not want to wait.
    process.on(signal, () => void daemon.end(signal).then(() => process.exit(0)));
  }
  process.on("uncaughtException", (error) => {
    console.error(error);
    void daemon.end(`a fault: ${error.stack}`).finally(() => process.exit(1));
  });
  await daemon.ended;
  process.exit(0);
}
