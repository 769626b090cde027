/** Serves handlers over HTTP, a fiber per request. */
export {
  type App,
  type AppOptions,
  type AppRuntime,
  type AppServer,
  appHandler,
  type ServeAppOptions,
  serveApp,
} from "./app.ts";
export { type Assets, type AssetsOptions, assets } from "./assets.ts";
export type { Counters } from "./counters.ts";
export { webLibrary } from "./library.ts";
export { RateLimiter } from "./limiter.ts";
export { type Log, type LogEntry, logTo } from "./log.ts";
export { type Multipart, MultipartBody, type MultipartLimits, Upload } from "./multipart.ts";
export { type HttpOpsOptions, httpOps } from "./ops/index.ts";
export type { ListenOps } from "./ops/listen.ts";
export type { AllowedOrigins } from "./origin.ts";
export { type ProgramServer, type Reload, type ServeProgramOptions, serveProgram } from "./program.ts";
export { SECURITY_HEADERS } from "./response.ts";
export { type HttpServer, type Limits, type ListenOptions, type ServeOptions, serve } from "./serve.ts";
export {
  type OpenTelemetryApi,
  type OpenTelemetrySpan,
  openTelemetry,
  type RequestEnd,
  type RequestInfo,
  type Trace,
  type Tracing,
} from "./tracing.ts";
export {
  type Body,
  type BodyWriter,
  type Handler,
  type HandlerContext,
  type HostRequest,
  type HostResponse,
  HttpError,
  ListenError,
  type ServerSocket,
} from "./types.ts";
export {
  type SharedPort,
  serveWorkers,
  type WorkerRole,
  type WorkerServer,
  type Workers,
  type WorkersOptions,
} from "./workers.ts";
