/** Which marks a child fiber starts with. */
import { Applicable, type Value } from "../heap/value.ts";

/** Effect handlers, parameters, context values and collectors are inherited; handlers of conditions are not. */
export function isInherited(key: Value): boolean {
  if (key instanceof Applicable) return key.kind === "parameter";
  return (
    key === "effects" || (typeof key === "string" && (key.startsWith("context:") || key.startsWith("scope:")))
  );
}
