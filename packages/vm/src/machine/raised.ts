/** What an exception of TypeScript code is in the program that called it. */
import { condition } from "../heap/index.ts";
import { Raise, type Value } from "../heap/value.ts";

/** How V8 says that a string, an array or its own stack would grow too large. */
const HOST_LIMITS =
  /^(Invalid (string|array|typed array) length|Array buffer allocation failed|Maximum call stack)/;

/** What is raised for it. @throws the exception itself, if it is a mistake of ours */
export function payloadOf(error: unknown): Value {
  if (error instanceof Raise) return error.payload;
  if (error instanceof RangeError && HOST_LIMITS.test(error.message)) {
    return condition("limit", `too large for this machine: ${error.message}`);
  }
  throw error;
}
