/** WebSockets for programs: what a response's `:websocket` function does with its socket. */
import type { OpDeclaration } from "@sorbus/io-resolver";
import { NIL, type Value } from "@sorbus/vm";
import { hasBrand, type SocketBrand } from "../brands.ts";

const isSocket = (socket: unknown): string | undefined =>
  hasBrand(socket, "socket") ? undefined : "socket must be what a response's :websocket function was given";
const isMessage = (message: unknown): string | undefined =>
  typeof message === "string" || message instanceof Uint8Array
    ? undefined
    : "message must be a string or bytes";
const isTopic = (topic: unknown): string | undefined =>
  typeof topic === "string" && topic !== "" ? undefined : "topic must be a string";

function later(wait: void | Promise<void>): Value | Promise<Value> {
  return wait === undefined ? NIL : wait.then(() => NIL);
}

export function socketOps(): OpDeclaration[] {
  const op = (
    name: string,
    params: string,
    doc: string,
    check: (args: readonly unknown[]) => string | undefined,
    handler: (socket: SocketBrand, rest: readonly unknown[]) => Value | Promise<Value>,
  ): OpDeclaration => ({
    name,
    params,
    purity: "write",
    values: "raw",
    doc,
    check: (args) => isSocket(args[0]) ?? check(args),
    handler: ([socket, ...rest]) => handler(socket as SocketBrand, rest),
  });
  return [
    op(
      "ws/receive",
      "socket",
      "The next message, a string or bytes; nil when there will be none.",
      () => undefined,
      (socket) => {
        const message = socket.receive();
        return message instanceof Promise ? message.then((text) => text ?? NIL) : (message ?? NIL);
      },
    ),
    op(
      "ws/send",
      "socket message",
      "Sends a message, and waits while the client has no room for more.",
      ([, m]) => isMessage(m),
      (socket, [m]) => later(socket.send(m as string | Uint8Array)),
    ),
    op(
      "ws/close",
      "socket &optional code reason",
      "Closes a WebSocket.",
      ([, code, reason]) => {
        if (code !== undefined && typeof code !== "number") return "code must be a number";
        return reason === undefined || typeof reason === "string" ? undefined : "reason must be a string";
      },
      (socket, [code, reason]) => {
        socket.close(code as number | undefined, reason as string | undefined);
        return NIL;
      },
    ),
    op(
      "ws/subscribe",
      "socket topic",
      "Sends what is published under the topic to this socket.",
      ([, t]) => isTopic(t),
      (socket, [t]) => {
        socket.subscribe(String(t));
        return NIL;
      },
    ),
    op(
      "ws/unsubscribe",
      "socket topic",
      "No longer.",
      ([, t]) => isTopic(t),
      (socket, [t]) => {
        socket.unsubscribe(String(t));
        return NIL;
      },
    ),
    op(
      "ws/publish",
      "socket topic message",
      "Sends a message to all other sockets of this process that have subscribed to the topic.",
      ([, t, m]) => isTopic(t) ?? isMessage(m),
      (socket, [t, m]) => {
        socket.publish(String(t), m as string | Uint8Array);
        return NIL;
      },
    ),
  ];
}
