/**
 * The seam to the engines: a fresh program on a tier, form by form. All that knows how a runtime is put
 * together is here.
 */

import { cekTier } from "@sorbus/cek";
import { announce, type LoadAnswer, type LoadStep, MacroSuspended, type Module } from "@sorbus/compiler";
import type { Form } from "@sorbus/reader";
import type { EngineFiber, Limits, Step, Value } from "@sorbus/vm";
import { Raise } from "@sorbus/vm";
import { type JitEvent, jitTierWith, nodeFiles, type RunNow, type TierMaker, vmTier, World } from "sorbus";

/**
 * "jit" compiles everything at its first call and again soon, "jit-default" when it is hot; "jit-restless" also
 * leaves compiled code after a few instructions and keeps hardly any of it.
 */
export const TIERS = ["cek", "vm", "jit", "jit-default", "jit-restless"] as const;
export type Tier = (typeof TIERS)[number];

const makers: Readonly<Record<Tier, TierMaker>> = {
  cek: cekTier,
  vm: vmTier,
  jit: jitTierWith({ threshold: 0, promotion: 3, onEvent: refuse }),
  "jit-default": jitTierWith({ onEvent: refuse }),
  "jit-restless": (host, limits) =>
    jitTierWith({ threshold: 0, promotion: 3, maxUnits: 3, patience: patience(), onEvent: refuse })(
      host,
      limits,
    ),
};

/** From 1 to 60, always the same for a program: what it finds can be found again. */
function patience(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return 1 + (state % 60);
  };
}

/** Nothing may be beyond the JIT. */
function refuse(event: JitEvent): void {
  if (event.type === "failed")
    throw new Error(`${event.code.name} cannot be compiled`, { cause: event.error });
}

/**
 * Runs a fiber to its end and gives its value. Compile time (a macro at work) holds what only this
 * process has: it may wait, but cannot be frozen. @throws Raise
 */
export type RunFiber = (fiber: EngineFiber, time: "run" | "compile") => Promise<Value>;

/** One program: a module over a core of its own. */
export class Program {
  private readonly world: World;
  private readonly limits: Limits;
  private readonly main: Module;
  private readonly files: ReadonlyMap<string, string>;
  private readonly readOther: ((path: string) => string) | undefined;

  /**
   * @param files the other files of the program by the path that the main one imports them under
   * @param readOther the text of a file that is not among them; throws. Absent: there is no other
   */
  constructor(
    tier: Tier,
    file: string,
    files: ReadonlyMap<string, string>,
    limits: Limits,
    readOther?: (path: string) => string,
  ) {
    this.files = new Map(
      Array.from(files, ([path, text]): [string, string] => [resolvePath(path, file), text]),
    );
    this.limits = limits;
    this.readOther = readOther;
    this.world = new World(makers[tier], limits, () => performance.now(), this.runNow, true, resolvePath);
    this.main = this.world.loader.createModule(file);
    this.main.loading = true;
    this.world.main = this.main;
  }

  thaw(bytes: Uint8Array): EngineFiber {
    return this.world.tier.engine.thaw(bytes);
  }

  /** Makes known what a file defines, as a loader does before the first form runs. @throws Raise */
  announce(forms: readonly Form[]): void {
    for (const form of forms) announce(this.main, form);
  }

  /** Loads, expands and runs one top-level form; its value. @throws Raise */
  async run(form: Form, runFiber: RunFiber): Promise<Value | undefined> {
    const load = this.world.loader.evaluateForms([form], this.main);
    let value: Value | undefined;
    let result = load.next();
    while (result.done !== true) {
      const step = result.value;
      let answer: LoadAnswer;
      try {
        answer = await this.answer(step, runFiber);
      } catch (error) {
        result = load.throw(error);
        continue;
      }
      if (step.type === "run" && step.module === this.main) value = answer as Value;
      result = load.next(answer);
    }
    return value;
  }

  private async answer(step: LoadStep, runFiber: RunFiber): Promise<LoadAnswer> {
    switch (step.type) {
      case "read": {
        const text = this.files.get(step.path) ?? this.readOther?.(step.path);
        if (text === undefined) throw new Error(`there is no file ${step.path}`);
        return text;
      }
      case "run":
        return runFiber(this.world.tier.engine.evaluate(step.unit, this.limits), "run");
      case "macro":
        return runFiber(step.suspended.fiber as EngineFiber, "compile");
    }
  }

  /** Runs compile-time code, which may not wait in the middle of an expansion. */
  private readonly runNow: RunNow = (start) => {
    const { engine } = this.world.tier;
    const fiber = "unit" in start ? engine.evaluate(start.unit) : engine.call(start.fn, start.args);
    const step = fiber.run();
    if (step.type === "done") return step.value;
    if (step.type === "raised") throw new Raise(step.condition);
    throw new MacroSuspended(again(fiber, step));
  };
}

/** A fiber that gives a step which it has given already once more. */
function again(fiber: EngineFiber, step: Step): EngineFiber {
  let first: Step | undefined = step;
  return {
    run: (fuel) => {
      const taken = first;
      first = undefined;
      return taken ?? fiber.run(fuel);
    },
    resume: (id, value) => fiber.resume(id, value),
    resumeRaise: (id, condition) => fiber.resumeRaise(id, condition),
    cancel: (reason) => fiber.cancel(reason),
    freeze: (options) => fiber.freeze(options),
    stats: fiber.stats,
  };
}

/** `./b.sx` from `spec/lib/a.sx` is `spec/lib/b.sx`; a file of a package is where Node finds it. */
function resolvePath(specifier: string, from: string): string {
  if (!specifier.startsWith(".")) return nodeFiles.resolve(specifier, from);
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}
