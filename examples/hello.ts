/** An op that takes its time, performed in the callback of a `map`. */
import { createRuntime } from "sorbus";

const runtime = createRuntime({
  ops: {
    "weather/today": async (city: string) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return city === "Oslo" ? "snow" : "sun";
    },
  },
});

console.log(
  await runtime.eval('(map (fn (city) (str city ": " (perform :weather/today city))) (list "Oslo" "Rome"))'),
);
//=> [ 'Oslo: snow', 'Rome: sun' ]
