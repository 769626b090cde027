/** What is said of previews, without anything that makes them: for whoever only speaks with a reloader from afar. */
export { TIERS, type Tier } from "./record.ts";
export { PRESETS, type Traits } from "./traits.ts";
