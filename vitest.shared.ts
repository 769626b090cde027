import { defineConfig } from "vitest/config";

const conditions = ["@sorbus/source", "module", "node", "development|production"];

/** What every package's tests share: sources are resolved directly, so no test needs a build. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: ["test/**/*.test.ts"], testTimeout: 60_000 },
});
