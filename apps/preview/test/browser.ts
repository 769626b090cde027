/** The browser that tests look with: not the daemon's, but found in the same way. */
import { type Browser, chromium } from "playwright-core";
import { findExecutable } from "../src/browser/executable.ts";

export async function launch(): Promise<Browser> {
  const { path, args } = await findExecutable();
  return chromium.launch({ executablePath: path, args: [...args] });
}
