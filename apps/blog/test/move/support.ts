/** Stores and folders of a test, gone after it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { open, type Store } from "@sorbus/durable-kv";
import { afterEach } from "vitest";

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

export async function memoryStore(): Promise<Store> {
  const store = await open({ url: "memory:" });
  closing.push(() => store.close());
  return store;
}

export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sorbus-move-"));
  closing.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

export const fixture = (name: string): string =>
  fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

/** All that is in a store, by key. */
export async function everything(store: Store): Promise<Map<string, unknown>> {
  const { entries } = await store.list({ prefix: [] });
  return new Map(entries.map(({ key, value }) => [key.join("/"), value]));
}
