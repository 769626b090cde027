/** `:durable/*`: what programs say to durable fibers. `(durable name thunk)` of the language is `:durable/run`. */
import { type OpDeclaration, OpError } from "@sorbus/io-resolver";
import { bool, NIL, type Value } from "@sorbus/vm";
import { type DurableFibers, statusDict } from "./durable.ts";

const nameCheck = ([name]: readonly unknown[]): string | undefined =>
  typeof name === "string" ? undefined : "name must be a string";

export function durableOps(fibers: DurableFibers): OpDeclaration[] {
  const op = (
    name: string,
    params: string,
    doc: string,
    handler: OpDeclaration["handler"],
    more: Partial<OpDeclaration> = {},
  ): OpDeclaration => ({
    name,
    params,
    doc,
    purity: "write",
    values: "raw",
    check: nameCheck,
    handler,
    ...more,
  });
  return [
    op(
      "durable/run",
      "name thunk",
      "The value of the durable fiber of that name, when it has one; it is started if there is none.",
      async ([name, thunk], { signal }) => {
        await fibers.create(String(name), thunk as Value);
        return fibers.result(String(name), signal);
      },
      { idempotent: true },
    ),
    op(
      "durable/start",
      "name thunk",
      "Starts a durable fiber, unless there is one of that name. Whether it is new.",
      async ([name, thunk]) => bool(await fibers.create(String(name), thunk as Value)),
      { idempotent: true },
    ),
    op(
      "durable/result",
      "name",
      "The value of a durable fiber, when it has one; raises what it has raised.",
      ([name], { signal }) => fibers.result(String(name), signal),
      { purity: "read" },
    ),
    op(
      "durable/status",
      "name",
      'A dict of :status ("running" "waiting" "done" "raised"), :created, :due and :problem, or nil.',
      async ([name]) => statusDict(await fibers.status(String(name))),
      { purity: "read" },
    ),
    op(
      "durable/signal",
      "name signal value",
      "Sends a value to a durable fiber, which gets it from :durable/wait.",
      async ([name, signal, value], { idempotencyKey }) => {
        await fibers.signal(String(name), String(signal), value as Value, idempotencyKey);
        return NIL;
      },
      {
        check: ([name, signal]) =>
          nameCheck([name]) ?? (typeof signal === "string" ? undefined : "signal must be a string"),
      },
    ),
    op(
      "durable/wait",
      "signal",
      "In a durable fiber: the next value that was sent to it by that name, when there is one.",
      () => {
        throw new OpError("control", "(:durable/wait signal) works in a durable fiber only");
      },
      { purity: "read" },
    ),
    op(
      "durable/cancel",
      "name",
      "Cancels a durable fiber. Whether there was one to cancel.",
      async ([name]) => bool(await fibers.cancel(String(name))),
      { idempotent: true },
    ),
    op(
      "durable/forget",
      "name",
      "Forgets a durable fiber that has ended; its name is free again. Whether there was one.",
      async ([name]) => bool(await fibers.forget(String(name))),
      { idempotent: true },
    ),
  ];
}
