/**
 * `main.ts [hello|posts] [--rounds N] [--seconds N] [--connections N] [--tier vm]`: servers under the load of wrk, as ratios
 * to a plain handler on srvx. Exits with 1 if a request was not answered.
 */
import { parseArgs } from "node:util";
import { GROUPS, measureServing } from "./measure.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    connections: { type: "string", default: "64" },
    tier: { type: "string", default: "vm" },
  },
});

for (const group of GROUPS) {
  const [first = ""] = group;
  if (positionals.length > 0 && !positionals.some((name) => first.startsWith(name))) continue;
  const figures = await measureServing(group, {
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    connections: Number(values.connections),
    tier: values.tier,
  });
  console.table(
    Object.fromEntries(
      figures.map(({ contender, ...rest }) => [
        contender,
        {
          "requests/s": rest.perSecond,
          "CPU µs each": rest.microseconds,
          "× the baseline's speed": rest.ratio,
          errors: rest.errors,
          MiB: rest.megabytes,
        },
      ]),
    ),
  );
  if (figures.some(({ errors }) => errors > 0)) process.exitCode = 1;
}
