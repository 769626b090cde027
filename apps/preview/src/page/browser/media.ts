/**
 * Runs in the document of a preview. Traits that a page cannot set for itself, such as the colour scheme that the
 * browser prefers, are set by rewriting the conditions of its style sheets: a condition that is met by the traits
 * becomes one that always is. The daemon's own browser is told the traits, and needs none of this.
 */
import type { Traits } from "../../reloader.ts";

/** @param value undefined: the condition names only the feature */
type Answer = (value: string | undefined) => boolean;

const ALWAYS = "(min-width: 0px)";
const NEVER = "(max-width: -1px)";

/** The conditions as they were written, by the rule or style sheet that has them. */
const written = new WeakMap<MediaList, string>();

export function applyTraits(traits: Required<Traits>): void {
  const answers: Readonly<Record<string, Answer>> = {
    "prefers-color-scheme": (value) => value === undefined || value === traits.colorScheme,
    "prefers-reduced-motion": (value) => (value !== "no-preference") === traits.reducedMotion,
    "prefers-contrast": (value) =>
      value === undefined ? traits.contrast !== "no-preference" : value === traits.contrast,
    "forced-colors": (value) => (value !== "none") === traits.forcedColors,
  };
  for (const sheet of document.styleSheets) {
    rewrite(sheet.media, answers, traits.print);
    let rules: CSSRuleList;
    try {
      rules = sheet.cssRules;
    } catch {
      // Another origin's: it cannot be read, and stays as it is.
      continue;
    }
    visit(rules, answers, traits.print);
  }
  // Forms, scroll bars and light-dark() follow this one, where the page supports both.
  const root = document.documentElement;
  root.style.removeProperty("color-scheme");
  const supported = getComputedStyle(root).colorScheme.split(/\s+/);
  if (supported.includes("light") && supported.includes("dark")) root.style.colorScheme = traits.colorScheme;
}

function visit(rules: CSSRuleList, answers: Readonly<Record<string, Answer>>, print: boolean): void {
  for (const rule of rules) {
    if (rule instanceof CSSMediaRule || rule instanceof CSSImportRule) rewrite(rule.media, answers, print);
    if (rule instanceof CSSGroupingRule) visit(rule.cssRules, answers, print);
    if (rule instanceof CSSImportRule && rule.styleSheet !== null)
      visit(rule.styleSheet.cssRules, answers, print);
  }
}

function rewrite(media: MediaList, answers: Readonly<Record<string, Answer>>, print: boolean): void {
  const original = written.get(media) ?? media.mediaText;
  written.set(media, original);
  const conditions = original
    .replace(/\(\s*([a-z-]+)\s*(?::\s*([a-z-]+)\s*)?\)/g, (all, name: string, value: string | undefined) => {
      const answer = answers[name];
      if (answer === undefined) return all;
      return answer(value) ? ALWAYS : NEVER;
    })
    // On a screen, which this is, "print" is what is never met.
    .replace(/\b(print|screen)\b/g, (type) => ((type === "print") === print ? "all" : "print"));
  if (media.mediaText !== conditions) media.mediaText = conditions;
}
