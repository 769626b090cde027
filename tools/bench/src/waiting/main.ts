/** `main.ts [REQUESTS] [MS]`: prints the figures; exits with 1 unless every request was answered. */
import { describeWaiting, measureWaiting } from "./measure.ts";

const [requests = 10_000, wait = 1_000] = process.argv.slice(2).map(Number);
const figures = await measureWaiting({ requests, wait });
console.log(describeWaiting(figures));
process.exitCode = figures.outcomes["200"] === requests ? 0 : 1;
