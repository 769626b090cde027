/** `(:http/emit stream chunk)`: sends a piece of a body that is made while it is sent. */
import type { OpDeclaration } from "@sorbus/io-resolver";
import { Markup, markupParts, NIL, type Value } from "@sorbus/vm";
import { hasBrand, type StreamBrand } from "../brands.ts";

export function streamOps(): OpDeclaration[] {
  return [
    {
      name: "http/emit",
      params: "stream chunk",
      purity: "write",
      values: "raw",
      doc: "Sends a string, markup or bytes to the client, and waits while it has no room for more.",
      check: ([stream, chunk]) => {
        if (!hasBrand(stream, "stream")) return "stream must be what a response's :body function was given";
        return typeof chunk === "string" || chunk instanceof Uint8Array || chunk instanceof Markup
          ? undefined
          : "chunk must be a string, markup or bytes";
      },
      handler: ([stream, chunk]) => {
        const wait = (stream as StreamBrand).write(textOf(chunk as Value));
        return wait === undefined ? NIL : wait.then(() => NIL);
      },
    },
  ];
}

function textOf(chunk: Value): string | Uint8Array {
  if (typeof chunk === "string" || chunk instanceof Uint8Array) return chunk;
  const parts = markupParts(chunk as Markup);
  if (parts.some((part) => typeof part !== "string"))
    throw new TypeError("markup with deferred parts is sent as a response's :body, or with render-chunks");
  return parts.join("");
}
