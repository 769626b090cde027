/**
 * Loops: local functions that are only called in tail position of where they are defined, as a named
 * `let` mostly is. Other tiers run them in the frame of the function around them, so a trace must not
 * show them as functions. Nothing but traces depends on this.
 */
import { type Core, type Lambda, loopOf } from "@sorbus/compiler";

const loops = new WeakSet<Lambda>();

/** To be called before the inits of a `letrec` are evaluated. */
export function noteLoop(node: Extract<Core, { op: "letrec" }>): void {
  const loop = loopOf(node);
  if (loop !== undefined) loops.add(loop.lambda);
}

export function isLoop(lambda: Lambda): boolean {
  return loops.has(lambda);
}
