/** Traits as the browser understands them, over the DevTools protocol: any of them changes without a new page. */
import type { CDPSession, Page } from "playwright-core";
import type { FullTraits } from "./browser.ts";

export async function emulate(page: Page, cdp: CDPSession, traits: FullTraits): Promise<void> {
  const { width, height } = traits.viewport;
  // The driver's idea of the viewport is what it takes pictures of; the ratio it would fix for good.
  const size = page.viewportSize();
  if (size === null || size.width !== width || size.height !== height)
    await page.setViewportSize({ width, height });
  await Promise.all([
    cdp.send("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: traits.pixelRatio,
      mobile: false,
    }),
    cdp.send("Emulation.setEmulatedMedia", {
      media: traits.print ? "print" : "screen",
      features: [
        { name: "prefers-color-scheme", value: traits.colorScheme },
        { name: "prefers-reduced-motion", value: traits.reducedMotion ? "reduce" : "no-preference" },
        { name: "prefers-contrast", value: traits.contrast },
        { name: "forced-colors", value: traits.forcedColors ? "active" : "none" },
      ],
    }),
    cdp.send("Emulation.setLocaleOverride", { locale: traits.locale }),
  ]);
}
