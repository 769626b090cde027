/** The engine in memory passes the conformance suite. */
import { open } from "../src/index.ts";
import { conformance } from "./suite/backend.ts";

conformance({
  name: "memory",
  open: (options) => open({ ...options, url: "memory:" }),
  runs: 300,
  bounded: true,
});
