/** WebSockets, over crossws: each is a handler that receives and sends, in a fiber of its own. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Peer } from "crossws";
import nodeAdapter, { type NodeAdapter } from "crossws/adapters/node";
import type { SocketBrand } from "./brands.ts";
import type { ServerSocket } from "./types.ts";

/** Messages that nobody has received yet; a client that sends more faster is cut off. */
const MAX_WAITING = 1000;
/** How long after the end of its socket a handler may tidy up, in milliseconds, before it is cancelled. */
const GRACE = 1000;
/** Bytes that are still to be sent, above which a sender waits. */
const MAX_BUFFERED = 2 ** 20;

type Message = string | Uint8Array;

class Socket implements SocketBrand {
  readonly brand = "sorbus/http/socket";
  readonly signal: AbortSignal;
  readonly #peer: Peer;
  readonly #waiting: Message[] = [];
  readonly #controller: AbortController = new AbortController();
  #receiver: ((message: Message | undefined) => void) | undefined;
  #senders: (() => void)[] = [];
  #closed = false;
  #grace: ReturnType<typeof setTimeout> | undefined;

  constructor(peer: Peer) {
    this.#peer = peer;
    this.signal = this.#controller.signal;
  }

  receive(): Message | undefined | Promise<Message | undefined> {
    const next = this.#waiting.shift();
    if (next !== undefined || this.#closed) return next;
    if (this.#receiver !== undefined)
      throw new Error("Somebody is waiting for this socket's next message already");
    return new Promise((resolve) => {
      this.#receiver = resolve;
    });
  }

  send(message: Message): void | Promise<void> {
    if (this.#closed) throw new Error("The WebSocket is closed");
    const buffered = this.#peer.send(message);
    if (typeof buffered !== "number" || buffered < MAX_BUFFERED) return;
    return new Promise((resolve) => {
      this.#senders.push(resolve);
    });
  }

  close(code = 1000, reason = ""): void {
    if (!this.#closed) this.#peer.close(code, reason);
  }

  subscribe(topic: string): void {
    if (!this.#closed) this.#peer.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.#peer.unsubscribe(topic);
  }

  publish(topic: string, message: Message): void {
    this.#peer.publish(topic, message);
  }

  // ---- what crossws says ----

  arrived(message: Message): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    if (receiver !== undefined) receiver(message);
    else if (this.#waiting.push(message) > MAX_WAITING) this.#peer.close(1008, "messages come too fast");
  }

  drained(): void {
    for (const sender of this.#senders.splice(0)) sender();
  }

  gone(): void {
    if (this.#closed) return;
    this.#closed = true;
    // What has come is still received.
    this.#receiver?.(undefined);
    this.#receiver = undefined;
    this.drained();
    this.#grace = setTimeout(
      () => this.#controller.abort(new DOMException("the WebSocket is closed", "AbortError")),
      GRACE,
    );
  }

  /** Nobody uses the socket any more. */
  finished(): void {
    clearTimeout(this.#grace);
    this.close();
  }

  failed(): void {
    clearTimeout(this.#grace);
    this.close(1011, "something went wrong on the server");
  }
}

interface Pending {
  readonly opened: (socket: Socket) => void;
}

/** The WebSockets of a server. */
export class WebSockets {
  readonly #adapter: NodeAdapter;
  readonly #pending: WeakMap<object, Pending> = new WeakMap();
  readonly #sockets: Map<Peer, Socket> = new Map();

  /** @param maxMessage bytes */
  constructor(maxMessage: number) {
    this.#adapter = nodeAdapter({
      serverOptions: { maxPayload: maxMessage, perMessageDeflate: false },
      hooks: {
        upgrade: (request) => ({ context: { pending: this.#pending.get(request) } }),
        open: (peer) => {
          const socket = new Socket(peer);
          this.#sockets.set(peer, socket);
          (peer.context as { pending?: Pending }).pending?.opened(socket);
        },
        message: (peer, message) =>
          this.#sockets
            .get(peer)
            ?.arrived(typeof message.rawData === "string" ? message.rawData : message.uint8Array()),
        drain: (peer) => this.#sockets.get(peer)?.drained(),
        close: (peer) => this.#gone(peer),
        error: (peer) => this.#gone(peer),
      },
    });
  }

  get size(): number {
    return this.#sockets.size;
  }

  /** Takes a connection over and hands it to `use`; ends when both have. Rejects with what `use` throws. */
  accept(
    message: IncomingMessage,
    connection: Duplex,
    head: Buffer,
    use: (socket: ServerSocket) => Promise<void>,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = new Request(`http://${message.headers.host ?? "localhost"}${message.url ?? "/"}`);
      connection.once("close", resolve);
      this.#pending.set(request, {
        opened: (socket) => {
          use(socket).then(
            () => socket.finished(),
            (error: unknown) => {
              // To be cancelled is no fault.
              if (!socket.signal.aborted) reject(error);
              socket.failed();
            },
          );
        },
      });
      this.#adapter.handleUpgrade(message, connection, head, request).catch(reject);
    });
  }

  /** Asks all clients to go. */
  close(): void {
    this.#adapter.closeAll(1001, "the server is closing");
  }

  /** Cuts those off that have not gone. */
  cut(): void {
    this.#adapter.closeAll(1001, "", true);
  }

  #gone(peer: Peer): void {
    this.#sockets.get(peer)?.gone();
    this.#sockets.delete(peer);
  }
}
