// What `tools/bench/src/peers.ts` uses of the peers' packages, which are found from here only.
export { default as biwa } from "biwascheme";
export { loadString } from "nbb";
export { getQuickJS, newAsyncContext } from "quickjs-emscripten";
export { compileString } from "squint-cljs";
export { LuaFactory } from "wasmoon";
