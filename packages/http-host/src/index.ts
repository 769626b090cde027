/** Serves handlers over HTTP, a fiber per request. */
export { type AppRuntime, appHandler, type ServeAppOptions, serveApp } from "./app.ts";
export { type Assets, type AssetsOptions, assets } from "./assets.ts";
export { type Log, type LogEntry, logTo } from "./log.ts";
export { SECURITY_HEADERS } from "./response.ts";
export { type HttpServer, type Limits, type ListenOptions, type ServeOptions, serve } from "./serve.ts";
export {
  type Body,
  type Handler,
  type HandlerContext,
  type HostRequest,
  type HostResponse,
  HttpError,
  ListenError,
} from "./types.ts";
