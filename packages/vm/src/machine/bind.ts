/** Arguments to parameters, for functions that take more than required ones. Shared by calls of every kind. */
import { type Code, UNSET } from "../bytecode/code.ts";
import { EMPTY, fromArray } from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import {
  arityCondition,
  duplicateKey,
  keyWithoutValue,
  missingKey,
  throwCondition,
  unknownKey,
} from "./arity.ts";

/** Arguments parted into named ones and the rest. */
export interface SplitArguments {
  readonly named: [string, Value][];
  readonly positional: Value[];
}

/**
 * Parts the arguments of a call with literal keywords. `named` holds the indexes of the keywords.
 * @throws Raise of kind "arity" for a keyword without a value or one given twice.
 */
export function splitNamed(name: string, args: readonly Value[], named: readonly number[]): SplitArguments {
  const split: SplitArguments = { named: [], positional: [] };
  let next = 0;
  for (let i = 0; i < args.length; i++) {
    if (i !== named[next]) {
      split.positional.push(args[i] as Value);
      continue;
    }
    next++;
    const key = args[i] as string;
    if (i + 1 >= args.length || i + 1 === named[next]) throwCondition(keyWithoutValue(name, key));
    if (split.named.some(([k]) => k === key)) throwCondition(duplicateKey(name, key));
    split.named.push([key, args[++i] as Value]);
  }
  return split;
}

/**
 * The first registers of a frame of `code` for a call with `args`; UNSET where a fallback is to be
 * evaluated by the function itself. A function without named parameters takes keywords as strings.
 */
export function bindArguments(
  code: Code,
  args: readonly Value[],
  named: readonly number[] | undefined,
): readonly unknown[] {
  if (code.simple) {
    if (code.kind === "component" && named !== undefined) {
      const [key] = splitNamed(code.name, args, named).named[0] ?? [""];
      throwCondition(unknownKey(code.name, key, []));
    }
    if (args.length !== code.required) throwCondition(arityCondition(code, args.length));
    return args;
  }
  if (code.keys.length === 0 && code.kind !== "component") return bindPositional(code, args, []);
  const split = named === undefined ? { named: [], positional: args } : splitNamed(code.name, args, named);
  return bindSplit(code, split.positional, split.named);
}

/** The same for arguments that are parted already (`call-with-keys`). */
export function bindSplit(
  code: Code,
  positional: readonly Value[],
  named: readonly (readonly [string, Value])[],
): readonly unknown[] {
  const keys: unknown[] = code.keys.map(() => UNSET);
  for (const [key, value] of named) {
    const index = code.keys.findIndex((k) => k.name === key);
    if (index < 0)
      throwCondition(
        unknownKey(
          code.name,
          key,
          code.keys.map((k) => k.name),
        ),
      );
    keys[index] = value;
  }
  const registers = bindPositional(code, positional, keys);
  code.keys.forEach((key, i) => {
    if (key.required && keys[i] === UNSET) throwCondition(missingKey(code.name, key.name));
  });
  return registers;
}

function bindPositional(code: Code, args: readonly Value[], keys: readonly unknown[]): readonly unknown[] {
  if (args.length < code.min || args.length > code.max) throwCondition(arityCondition(code, args.length));
  const positional = code.required + code.optional;
  const registers: unknown[] = [];
  for (let i = 0; i < positional; i++) registers.push(i < args.length ? args[i] : UNSET);
  if (code.rest) registers.push(args.length > positional ? fromArray(args.slice(positional)) : EMPTY);
  return keys.length === 0 ? registers : registers.concat(keys);
}
