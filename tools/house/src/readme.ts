/** The runnable example that every package's README starts with. */

export interface Example {
  readonly language: "ts" | "js";
  readonly code: string;
}

/** The first TypeScript or JavaScript code block of a README, or undefined. */
export function firstExample(readme: string): Example | undefined {
  const found = /^```(ts|typescript|js|javascript)\b[^\n]*\n([\s\S]*?)^```/m.exec(readme);
  if (found === null) return undefined;
  return {
    language: found[1]?.startsWith("ts") || found[1] === "typescript" ? "ts" : "js",
    code: found[2] ?? "",
  };
}
