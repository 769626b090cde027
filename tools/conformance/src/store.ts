/** The store of the cases' world: the `:kv/*` ops over the language's values, in memory, every commit remembered. */
import { dictFrom, equal, FALSE, isList, list, NIL, str, TRUE, toArray, type Value } from "@sorbus/vm";

interface Entry {
  readonly key: Value;
  readonly value: Value;
  readonly version: number;
}

interface Change {
  readonly type: "set" | "delete";
  readonly key: Value;
  readonly version: number;
}

type Handler = (args: readonly Value[]) => Value | Promise<Value>;

export class MemoryStore {
  private entries: Entry[] = [];
  private readonly log: Change[] = [];
  private version = 0;

  /** @param never the answer to a watch of what does not change */
  handlers(never: Promise<Value>): Record<string, Handler> {
    return {
      "kv/get": ([key = NIL]) => this.find(key)?.value ?? NIL,
      "kv/entry": ([key = NIL]) => {
        const entry = this.find(key);
        return entry === undefined
          ? NIL
          : dictFrom([
              ["value", entry.value],
              ["version", String(entry.version)],
            ]);
      },
      "kv/set": ([key = NIL, value = NIL]) => this.commit([list("set", key, value)]),
      "kv/delete": ([key = NIL]) => this.commit([list("delete", key)]),
      "kv/add": ([key = NIL, n = 0]) =>
        this.commit([list("set", key, Number(this.find(key)?.value ?? 0) + Number(n))]),
      "kv/list": ([prefix = NIL]) => pairs(under(this.entries, prefix)),
      "kv/page": ([prefix = NIL, changes = NIL]) =>
        dictFrom([
          ["entries", pairs(under(changed(this.entries, toArray(changes), this.version), prefix))],
          ["version", String(this.version)],
        ]),
      "kv/version": () => String(this.version),
      "kv/commit": ([checks = NIL, ranges = NIL, changes = NIL]) => {
        const fits = [
          ...toArray(checks).map((check) => this.isUnchanged(check)),
          ...toArray(ranges).map((range) => this.isUntouched(range)),
        ];
        if (fits.includes(false)) return dictFrom([["ok", FALSE]]);
        this.commit(toArray(changes));
        return dictFrom([
          ["ok", TRUE],
          ["version", String(this.version)],
        ]);
      },
      "kv/changes": ([prefix = NIL, since = NIL]) => {
        const found = under(this.log, prefix, false).filter(({ version }) => version > Number(since));
        if (found.length === 0) return never;
        return dictFrom([
          ["version", String(this.version)],
          ["changes", list(...found.map(changeDict))],
        ]);
      },
    };
  }

  private find(key: Value): Entry | undefined {
    return this.entries.find((entry) => equal(entry.key, key));
  }

  private isUnchanged(check: Value): boolean {
    const [key = NIL, version = NIL] = toArray(check);
    const now = this.find(key);
    return now === undefined ? version === NIL : version === String(now.version);
  }

  private isUntouched(range: Value): boolean {
    const [prefix = NIL, version = NIL] = toArray(range);
    return under(this.log, prefix, false).every((change) => change.version <= Number(version));
  }

  private commit(changes: readonly Value[]): Value {
    if (changes.length === 0) return NIL;
    this.version += 1;
    for (const change of changes) {
      const [type, key = NIL] = toArray(change);
      this.log.push({ type: type === "set" ? "set" : "delete", key, version: this.version });
    }
    this.entries = changed(this.entries, changes, this.version);
    return NIL;
  }
}

function changed(entries: readonly Entry[], changes: readonly Value[], version: number): Entry[] {
  let after = [...entries];
  for (const change of changes) {
    const [type, key = NIL, value = NIL] = toArray(change);
    after = after.filter((entry) => !equal(entry.key, key));
    if (type === "set") after.push({ key, value, version });
  }
  return after;
}

function changeDict({ type, key, version }: Change): Value {
  return dictFrom([
    ["type", type],
    ["key", key],
    ["version", String(version)],
  ]);
}

const pairs = (entries: readonly Entry[]): Value =>
  list(...entries.map(({ key, value }) => list(key, value)));

/** What has keys with that prefix, in the order of keys or as it stands. */
function under<T extends { readonly key: Value }>(items: readonly T[], prefix: Value, sorted = true): T[] {
  const found = items.filter(({ key }) => hasPrefix(key, prefix));
  return sorted ? found.sort((a, b) => compareKeys(a.key, b.key)) : found;
}

function parts(key: Value): readonly Value[] {
  return isList(key) ? toArray(key) : [key];
}

function hasPrefix(key: Value, prefix: Value): boolean {
  if (typeof prefix === "string") return typeof key === "string" && key.startsWith(prefix);
  const wanted = parts(prefix);
  const have = parts(key);
  return isList(key) && wanted.every((part, i) => have[i] !== undefined && equal(part, have[i]));
}

function compareKeys(a: Value, b: Value): number {
  const x = parts(a);
  const y = parts(b);
  for (let i = 0; i < Math.min(x.length, y.length); i += 1) {
    const left = str(x[i] as Value);
    const right = str(y[i] as Value);
    if (left !== right) return left < right ? -1 : 1;
  }
  return x.length - y.length;
}
