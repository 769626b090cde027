/**
 * Other languages that run inside JavaScript, each with a program of its own for each workload of the table:
 * ClojureScript for squint and nbb, Lua for wasmoon, Scheme for BiwaScheme; QuickJS runs the very JavaScript
 * that is the baseline. They are no dependencies of the workspace: `peers/` is a project of its own, which is
 * installed when it is first asked for.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import type { Workload } from "./workloads.ts";

export type Run = (size: number) => unknown;

export interface Peer {
  readonly name: string;
  /** Hundreds of times slower than JavaScript: measured at the size `brief`. */
  readonly slow?: true;
  readonly load: (workload: Workload) => Promise<Run>;
}

const folder = new URL("../peers/", import.meta.url);
/** What is used of the packages; they are not there when this is type-checked. */
interface Packages {
  compileString(text: string): string;
  loadString(text: string): Promise<Run>;
  readonly LuaFactory: new () => { createEngine(): Promise<Lua> };
  readonly biwa: { readonly Interpreter: new (onError: (error: unknown) => never) => Biwa };
  getQuickJS(): Promise<{ newContext(): QuickJs }>;
  newAsyncContext(): Promise<QuickJs>;
}

interface Lua {
  doString(text: string): Promise<unknown>;
  readonly global: { get(name: string): Run };
}

interface Biwa {
  evaluate(text: string): unknown;
}

/** A value inside QuickJS; a result of it, which may be an error, until it is unwrapped. */
type Handle = Disposable & { readonly type: "handle" };
interface QuickJs {
  readonly undefined: Handle;
  evalCode(text: string, file: string, options: { readonly type: "module" }): unknown;
  getProp(object: Handle, name: string): Handle;
  newNumber(n: number): Handle;
  callFunction(code: Handle, self: Handle, argument: Handle): unknown;
  unwrapResult(result: unknown): Handle;
  dump(value: Handle): unknown;
}

const packages = (): Promise<Packages> => import(new URL("all.js", folder).href) as Promise<Packages>;

function program({ name }: Workload, extension: string): string {
  return readFileSync(new URL(`programs/${name}.${extension}`, folder), "utf8");
}

/** Squint's output is a module that imports squint's library: it has to lie where that is found. */
async function squint(workload: Workload): Promise<Run> {
  const { compileString } = await packages();
  const out = new URL("node_modules/.bench/", folder);
  mkdirSync(out, { recursive: true });
  const file = new URL(`${workload.name}.mjs`, out);
  writeFileSync(file, compileString(program(workload, "cljs")));
  return ((await import(file.href)) as { readonly run: Run }).run;
}

async function nbb(workload: Workload): Promise<Run> {
  const { loadString } = await packages();
  return loadString(`(ns bench.${workload.name})\n${program(workload, "cljs")}\nrun`);
}

async function wasmoon(workload: Workload): Promise<Run> {
  const { LuaFactory } = await packages();
  const lua = await new LuaFactory().createEngine();
  await lua.doString(program(workload, "lua"));
  return lua.global.get("run");
}

function quickjs(context: (all: Packages) => Promise<QuickJs>) {
  return async (workload: Workload): Promise<Run> => {
    const vm = await context(await packages());
    const text = stripTypeScriptTypes(readFileSync(workload.file.replace(/\.sx$/, ".ts"), "utf8"));
    const exports = vm.unwrapResult(vm.evalCode(text, `${workload.name}.js`, { type: "module" }));
    const run = vm.getProp(exports, "run");
    return (size) => {
      using result = vm.unwrapResult(vm.callFunction(run, vm.undefined, vm.newNumber(size)));
      return vm.dump(result);
    };
  };
}

async function biwaScheme(workload: Workload): Promise<Run> {
  const { biwa } = await packages();
  const interpreter = new biwa.Interpreter((error) => {
    throw error;
  });
  interpreter.evaluate(program(workload, "scm"));
  return (size) => interpreter.evaluate(`(run ${size})`);
}

export const peers: readonly Peer[] = [
  { name: "squint", load: squint },
  { name: "nbb", load: nbb },
  { name: "wasmoon", load: wasmoon },
  { name: "QuickJS", load: quickjs(async ({ getQuickJS }) => (await getQuickJS()).newContext()) },
  { name: "QuickJS Asyncify", load: quickjs(({ newAsyncContext }) => newAsyncContext()) },
  { name: "BiwaScheme", slow: true, load: biwaScheme },
];

/** Installs the peers from their lockfile unless they are there. */
export function installPeers(): void {
  if (existsSync(new URL("node_modules/.pnpm", folder))) return;
  console.error("installing the peers into tools/bench/peers …");
  execFileSync("npx", ["-y", "pnpm@12", "install", "--ignore-workspace", "--frozen-lockfile"], {
    cwd: fileURLToPath(folder),
    stdio: ["ignore", "ignore", "inherit"],
  });
}
