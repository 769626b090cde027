/** Takes the picture, over the DevTools protocol: the driver's own way knows only pixel ratios that never change. */
import type { CDPSession, Page } from "playwright-core";
import type { PictureData, PictureOptions } from "./browser.ts";
import { pictureSize } from "./size.ts";

/** A page can be this high in a picture; the browser draws no more. */
const MAX_HEIGHT = 16_384;

/** What is on the page once its fonts are there: no caret, and animations at their end. */
export async function draw(
  page: Page,
  cdp: CDPSession,
  { format, quality, fullPage, fit }: PictureOptions,
): Promise<PictureData> {
  const size = await page.evaluate(settle);
  const height = fullPage === true ? size.height : fit === true ? size.content : undefined;
  try {
    const { data } = await cdp.send("Page.captureScreenshot", {
      format,
      ...(format === "jpeg" && { quality: quality ?? 80 }),
      ...(height !== undefined && {
        captureBeyondViewport: true,
        clip: { x: 0, y: 0, width: size.width, height: Math.min(height, MAX_HEIGHT), scale: 1 },
      }),
    });
    const bytes = Buffer.from(data, "base64");
    return { format, data: bytes, ...pictureSize(bytes) };
  } finally {
    await page.evaluate(unsettle);
  }
}

/** In the page. */
async function settle(): Promise<{ width: number; height: number; content: number }> {
  await document.fonts.ready;
  for (const animation of document.getAnimations()) {
    // One without an end has none to go to.
    if (animation.effect?.getComputedTiming().endTime === Number.POSITIVE_INFINITY) animation.cancel();
    else animation.finish();
  }
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { caret-color: transparent !important }");
  document.adoptedStyleSheets.push(sheet);
  const { scrollWidth, scrollHeight } = document.documentElement;
  const bottoms = [...document.body.children].map((child) => child.getBoundingClientRect().bottom);
  const content = Math.ceil(Math.max(32, ...bottoms) + scrollY) + 16;
  return {
    width: Math.max(innerWidth, scrollWidth),
    height: Math.max(innerHeight, scrollHeight),
    content: Math.min(innerHeight, content),
  };
}

/** In the page. */
function unsettle(): void {
  document.adoptedStyleSheets.pop();
}
