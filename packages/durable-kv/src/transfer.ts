/**
 * Export, import, backup, restore: one format, that every engine reads and writes. A stream of frames (length,
 * CRC-32, payload), first a header, then entries in the order of their keys, then an end with their number: what
 * is cut short or damaged is told from what is whole.
 */
import { open as openFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { EngineAtomic } from "./atomic.ts";
import type { Engine, PackedChange, Row, RowReader } from "./engine.ts";
import { asKvError, type KvError, kvError } from "./errors.ts";
import { after, concat } from "./key.ts";
import { type Core, damaged, unconditional } from "./kv.ts";
import { inSpace, SPACE, type Space, spaceOf } from "./spaces.ts";
import { moved, verifyValue } from "./value.ts";

const MAGIC: Uint8Array = Buffer.from("SXKVEXP1", "latin1");
const FRAME = 8;
/** More than the longest key and value take. */
const MAX_FRAME = 72 * 2 ** 20;
const PAGE = 500;
/** An import's commits hold about so many bytes. */
const BATCH_BYTES = 2 ** 20;
const BATCH = 500;
/** An export's chunks are about so large. */
const CHUNK = 256 * 1024;

const SPACES: readonly Space[] = [SPACE.keys, SPACE.blobs, SPACE.logs];

type Frame =
  | { readonly type: "header"; readonly version: number; readonly prefix: Uint8Array }
  /** The key is relative to its space and namespace. */
  | ({ readonly type: "entry"; readonly space: Space } & Row)
  | { readonly type: "end"; readonly entries: number };

const KIND = { header: 1, entry: 2, end: 3 } as const;

function packed(frame: Frame): Uint8Array {
  switch (frame.type) {
    case "header": {
      const payload = Buffer.alloc(9 + frame.prefix.length);
      payload[0] = KIND.header;
      payload.writeDoubleBE(frame.version, 1);
      payload.set(frame.prefix, 9);
      return framed(payload);
    }
    case "entry": {
      const { key, value } = frame;
      const payload = Buffer.alloc(22 + key.length + value.length);
      payload[0] = KIND.entry;
      payload[1] = frame.space;
      payload.writeDoubleBE(frame.version, 2);
      payload.writeDoubleBE(frame.expires ?? 0, 10);
      payload.writeUInt32BE(key.length, 18);
      payload.set(key, 22);
      payload.set(value, 22 + key.length);
      return framed(payload);
    }
    case "end": {
      const payload = Buffer.alloc(9);
      payload[0] = KIND.end;
      payload.writeDoubleBE(frame.entries, 1);
      return framed(payload);
    }
  }
}

function framed(payload: Buffer): Uint8Array {
  const head = Buffer.alloc(FRAME);
  head.writeUInt32BE(payload.length, 0);
  head.writeUInt32BE(crc32(payload), 4);
  return Buffer.concat([head, payload]);
}

function unpackedFrame(payload: Buffer): Frame {
  switch (payload[0]) {
    case KIND.header:
      return {
        type: "header",
        version: payload.readDoubleBE(1),
        prefix: new Uint8Array(payload.subarray(9)),
      };
    case KIND.entry: {
      const length = payload.readUInt32BE(18);
      const expires = payload.readDoubleBE(10);
      const space = SPACES.find((known) => known === payload[1]);
      if (space === undefined) throw notWhole("it has a space that is not known");
      return {
        type: "entry",
        space,
        version: payload.readDoubleBE(2),
        expires: expires === 0 ? null : expires,
        key: new Uint8Array(payload.subarray(22, 22 + length)),
        value: new Uint8Array(payload.subarray(22 + length)),
      };
    }
    case KIND.end:
      return { type: "end", entries: payload.readDoubleBE(1) };
    default:
      throw notWhole("it has frames that are not known: was it written by a newer version?");
  }
}

const notWhole = (why: string): KvError => kvError("import", `This is no whole export of a store: ${why}`);

/** Frames from chunks of any size. Throws unless the last is an end that counts the entries right. */
async function* frames(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Frame> {
  let held = Buffer.alloc(0);
  let begun = false;
  let entries = 0;
  let ended = false;
  let last: Frame["type"] | undefined;
  for await (const chunk of chunks) {
    held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
    let at = 0;
    if (!begun) {
      if (held.length < MAGIC.length) continue;
      if (Buffer.compare(held.subarray(0, MAGIC.length), MAGIC) !== 0)
        throw notWhole("it does not begin as one");
      begun = true;
      at = MAGIC.length;
    }
    while (held.length - at >= FRAME) {
      const length = held.readUInt32BE(at);
      if (length === 0 || length > MAX_FRAME) throw notWhole("it is damaged");
      if (held.length - at - FRAME < length) break;
      const payload = held.subarray(at + FRAME, at + FRAME + length);
      if (crc32(payload) !== held.readUInt32BE(at + 4)) throw notWhole("it is damaged");
      if (ended) throw notWhole("something follows its end");
      const frame = unpackedFrame(payload);
      if ((last === undefined) !== (frame.type === "header")) throw notWhole("its header is missing");
      last = frame.type;
      if (frame.type === "entry") entries++;
      if (frame.type === "end") {
        if (frame.entries !== entries) throw notWhole(`it has ${entries} entries and says ${frame.entries}`);
        ended = true;
      }
      yield frame;
      at += FRAME + length;
    }
    held = held.subarray(at);
  }
  if (!ended || held.length > 0) throw notWhole("it is cut short");
}

/** Everything of a namespace, of one moment, in chunks. */
export async function* exported(engine: Engine, prefix: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* pulled<Uint8Array>((push) =>
    engine.snapshot(async (reader) => {
      let held: Uint8Array[] = [MAGIC, packed({ type: "header", version: await reader.version(), prefix })];
      let size = 0;
      let entries = 0;
      for (const space of SPACES) {
        const skip = inSpace(space).length + prefix.length;
        for await (const row of rowsOf(reader, spaceOf(space, prefix))) {
          try {
            verifyValue(row.key, row.value);
          } catch (error) {
            throw damaged(error, row.key, engine.name);
          }
          const frame = packed({ type: "entry", space, ...row, key: row.key.subarray(skip) });
          entries++;
          held.push(frame);
          size += frame.length;
          if (size < CHUNK) continue;
          await push(Buffer.concat(held));
          held = [];
          size = 0;
        }
      }
      held.push(packed({ type: "end", entries }));
      await push(Buffer.concat(held));
    }),
  );
}

async function* rowsOf(
  reader: RowReader,
  { start, end }: { start: Uint8Array; end: Uint8Array },
): AsyncGenerator<Row> {
  let from = start;
  for (;;) {
    // What has expired goes along, with its time: the clock of who reads it decides.
    const { rows } = await reader.list({ start: from, end, reverse: false, limit: PAGE, now: 0 });
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    from = after(last.key);
  }
}

/** What a function pushes as what a loop pulls; the function waits for the loop, and is ended with it. */
async function* pulled<T>(run: (push: (item: T) => Promise<void>) => Promise<void>): AsyncGenerator<T> {
  const stopped = new Error("the reader has stopped");
  let offered: { item: T; taken: () => void; stop: (error: Error) => void } | undefined;
  let wake: () => void = () => undefined;
  let waiting = new Promise<void>((resolve) => (wake = resolve));
  let over = false;
  const running = run(
    (item) =>
      new Promise<void>((taken, stop) => {
        offered = { item, taken, stop };
        wake();
      }),
  ).finally(() => {
    over = true;
    wake();
  });
  running.catch(() => undefined);
  try {
    for (;;) {
      await waiting;
      waiting = new Promise<void>((resolve) => (wake = resolve));
      if (offered !== undefined) {
        const { item, taken } = offered;
        yield item;
        offered = undefined;
        taken();
      } else if (over) break;
    }
    await running;
  } finally {
    offered?.stop(stopped);
    await running.catch((error: unknown) => {
      if (error !== stopped && offered !== undefined) throw error;
    });
  }
}

export async function imported(
  core: Core,
  prefix: Uint8Array,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<number> {
  let source: Uint8Array = new Uint8Array();
  let batch: PackedChange[] = [];
  let bytes = 0;
  let entries = 0;
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const atomic = new EngineAtomic(core, new Uint8Array());
    for (const change of batch) atomic.change(change);
    unconditional(await atomic.commit());
    entries += batch.length;
    batch = [];
    bytes = 0;
  };
  try {
    for await (const frame of frames(chunks)) {
      if (frame.type === "header") source = frame.prefix;
      if (frame.type !== "entry") continue;
      const space = inSpace(frame.space);
      const from = concat(concat(space, source), frame.key);
      const key = concat(concat(space, prefix), frame.key);
      if (key.length > core.engine.caps.maxKeyBytes + 100)
        throw kvError("key", `A key is longer than ${core.engine.caps.maxKeyBytes} bytes`);
      batch.push({ op: "set", key, value: moved(from, key, frame.value), expires: frame.expires });
      bytes += frame.value.length;
      if (batch.length === BATCH || bytes > BATCH_BYTES) await flush();
    }
  } finally {
    await flush();
  }
  return entries;
}

/** Writes next to the file, and moves it there when it is durable. */
export async function backup(engine: Engine, file: string): Promise<void> {
  const draft = `${file}.partial`;
  try {
    const handle = await openFile(draft, "w");
    try {
      for await (const chunk of exported(engine, new Uint8Array())) await handle.writeFile(chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
    await syncFolder(dirname(file));
  } catch (error) {
    await rm(draft, { force: true });
    throw fileError(`The backup ${file} cannot be written`, error);
  }
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await openFile(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function restore(engine: Engine, file: string): Promise<void> {
  // Once to see that it is whole, once to read it.
  let version = 0;
  for await (const frame of readBackup(file)) if (frame.type === "header") version = frame.version;
  await engine.replace(restored(file), version);
}

async function* restored(file: string): AsyncGenerator<Row> {
  for await (const frame of readBackup(file)) if (frame.type === "entry") yield frame;
}

/** With the keys as they are stored. */
async function* readBackup(file: string): AsyncGenerator<Frame> {
  let handle: Awaited<ReturnType<typeof openFile>>;
  try {
    handle = await openFile(file, "r");
  } catch (error) {
    throw fileError(`The backup ${file} cannot be read`, error);
  }
  try {
    for await (const frame of frames(handle.createReadStream({ highWaterMark: CHUNK, autoClose: false }))) {
      if (frame.type === "header" && frame.prefix.length > 0)
        throw notWhole("it is of a namespace: import it instead");
      if (frame.type !== "entry") {
        yield frame;
        continue;
      }
      const key = concat(inSpace(frame.space), frame.key);
      verifyValue(key, frame.value);
      yield { ...frame, key };
    }
  } finally {
    await handle.close();
  }
}

function fileError(what: string, error: unknown): KvError {
  if (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    /^E[A-Z]+$/.test(error.code)
  ) {
    const code = error.code === "ENOSPC" ? "full" : error.code === "ENOENT" ? "import" : "unwritable";
    return kvError(code, `${what}: ${error.message}`, { cause: error });
  }
  return asKvError(error);
}
