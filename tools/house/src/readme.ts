/** The runnable example that every package's README starts with. */

const fence = /^```(?:ts|typescript|js|javascript|mjs)\b[^\n]*\n([\s\S]*?)^```/m;

/** The first TypeScript or JavaScript code block of a README, or undefined. */
export function firstExample(readme: string): string | undefined {
  return fence.exec(readme)?.[1];
}
