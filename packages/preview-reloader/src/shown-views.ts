/** What a session has shown lately: good HTML for when the next render fails, and what data each render has read. */
import type { RenderRequest } from "./agent/protocol.ts";

/** Views that are kept, and those of them that a verification looks at. */
const MAX_VIEWS = 64;
const MAX_VERIFIED = 8;

export class ShownViews {
  private readonly good: Map<string, string> = new Map();
  private readonly recent: Map<string, RenderRequest> = new Map();
  private readonly reads: Map<string, ReadonlySet<string>> = new Map();

  /** @param key of preview and traits */
  show(key: string, request: RenderRequest, html: string): void {
    remember(this.good, key, html, MAX_VIEWS);
    remember(this.recent, key, request, MAX_VERIFIED);
  }

  lastGood(key: string): string | undefined {
    return this.good.get(key);
  }

  noteReads(key: string, paths: readonly string[]): void {
    remember(this.reads, key, new Set(paths), MAX_VIEWS);
  }

  /** Whether something that is shown has read that file of data. */
  hasRead(path: string): boolean {
    for (const paths of this.reads.values()) if (paths.has(path)) return true;
    return false;
  }

  latest(): RenderRequest[] {
    return [...this.recent.values()];
  }
}

function remember<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    break;
  }
}
