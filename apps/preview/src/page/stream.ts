/** Server-sent events to one page. A page that does not read fast enough gets the newest view, not all of them. */
import { ReadableStream } from "node:stream/web";

const encoder = new TextEncoder();
/** Nothing is sent for so long, in milliseconds: then a comment, so that a page that is gone is noticed. */
const SILENCE = 20_000;

export interface EventStream {
  readonly body: ReadableStream<Uint8Array>;
  /** Replaces a view that has not been sent yet. */
  view(data: string): void;
  send(event: string, data: string): void;
  end(): void;
}

export function eventStream(gone: () => void): EventStream {
  let controller: { desiredSize: number | null; enqueue(chunk: Uint8Array): void; close(): void } | undefined;
  let held: string | undefined;
  let ended = false;
  const timer = setInterval(() => controller?.enqueue(encoder.encode(": here\n\n")), SILENCE);
  timer.unref();
  const over = (): void => {
    if (ended) return;
    ended = true;
    clearInterval(timer);
    gone();
  };
  const chunk = (event: string, data: string): Uint8Array =>
    encoder.encode(
      `event: ${event}\n${data
        .split("\n")
        .map((line) => `data: ${line}\n`)
        .join("")}\n`,
    );
  const body = new ReadableStream<Uint8Array>(
    {
      start(it) {
        controller = it;
        it.enqueue(encoder.encode("retry: 500\n\n"));
      },
      pull(it) {
        if (held === undefined) return;
        const data = held;
        held = undefined;
        it.enqueue(chunk("view", data));
      },
      cancel: over,
    },
    { highWaterMark: 4 },
  );
  return {
    body,
    view(data) {
      if (ended || controller === undefined) return;
      if ((controller.desiredSize ?? 0) > 0) controller.enqueue(chunk("view", data));
      else held = data;
    },
    send(event, data) {
      if (!ended) controller?.enqueue(chunk(event, data));
    },
    end() {
      if (ended) return;
      controller?.enqueue(chunk("end", ""));
      over();
      controller?.close();
    },
  };
}
