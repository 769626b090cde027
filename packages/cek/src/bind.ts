/** Arguments to parameters: what a call gives to a function, and which fallbacks it leaves to evaluate. */
import type { Lambda, Local } from "@sorbus/compiler";
import {
  arityCondition,
  duplicateKey,
  EMPTY,
  fromArray,
  keyWithoutValue,
  missingKey,
  Raise,
  unknownKey,
  type Value,
} from "@sorbus/vm";
import type { Fallback } from "./continuation.ts";

/** Arguments by position, and by name in the order of the call. */
export interface Arguments {
  readonly positional: readonly Value[];
  readonly named: readonly [string, Value][];
}

/** Variables that have their value, and parameters that need their fallback. */
export interface Bound {
  readonly locals: readonly Local[];
  readonly values: Value[];
  readonly fallbacks: readonly Fallback[];
}

/**
 * Parts the arguments of a call: `keywords` are the indexes of its literal keywords.
 * @throws Raise kind "arity" for a keyword without a value or one given twice
 */
export function partArguments(name: string, args: readonly Value[], keywords: readonly number[]): Arguments {
  const positional: Value[] = [];
  const named: [string, Value][] = [];
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i] as Value;
    if (!keywords.includes(i)) {
      positional.push(arg);
      continue;
    }
    const key = arg as string;
    i += 1;
    if (i >= args.length || keywords.includes(i)) throw new Raise(keyWithoutValue(name, key));
    if (named.some(([other]) => other === key)) throw new Raise(duplicateKey(name, key));
    named.push([key, args[i] as Value]);
  }
  return { positional, named };
}

/** Whether literal keywords in a call of this function name arguments. */
export function takesNames(lambda: Lambda): boolean {
  return lambda.kind === "component" || lambda.keys.length > 0;
}

/** @throws Raise kind "arity" when the arguments do not fit */
export function bind(lambda: Lambda, { positional, named }: Arguments): Bound {
  const { name, required, optional, rest, keys } = lambda;
  for (const [key] of named) {
    if (!keys.some((k) => k.name === key))
      throw new Raise(
        unknownKey(
          name,
          key,
          keys.map((k) => k.name),
        ),
      );
  }
  const most = required.length + optional.length;
  const arity = { name, min: required.length, max: rest === undefined ? most : Number.POSITIVE_INFINITY };
  if (positional.length < arity.min || positional.length > arity.max) {
    throw new Raise(arityCondition(arity, positional.length));
  }
  const locals: Local[] = [...required];
  const values: Value[] = positional.slice(0, required.length);
  const fallbacks: Fallback[] = [];
  optional.forEach((parameter, i) => {
    const value = positional[required.length + i];
    if (value === undefined) fallbacks.push(parameter);
    else {
      locals.push(parameter.local);
      values.push(value);
    }
  });
  if (rest !== undefined) {
    locals.push(rest);
    values.push(positional.length > most ? fromArray(positional.slice(most)) : EMPTY);
  }
  for (const key of keys) {
    const value = named.find(([given]) => given === key.name)?.[1];
    if (value !== undefined) {
      locals.push(key.local);
      values.push(value);
    } else if (key.fallback !== undefined) fallbacks.push({ ...key, fallback: key.fallback });
    else throw new Raise(missingKey(name, key.name));
  }
  return { locals, values, fallbacks };
}
