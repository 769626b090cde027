/** Hooks for whoever follows requests through a system; OpenTelemetry's are made here, its package is the user's. */

export interface RequestInfo {
  readonly id: string;
  readonly method: string;
  /** As it was sent, without the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface RequestEnd {
  readonly status: number;
  readonly aborted: boolean;
  /** What went wrong, as it is logged. */
  readonly error?: string;
}

/** One request being followed. */
export interface Trace {
  /** Runs the handler, so that what it starts is known to belong to the request. */
  within<T>(run: () => T): T;
  end(end: RequestEnd): void;
}

export interface Tracing {
  begin(request: RequestInfo): Trace;
}

export interface OpenTelemetrySpan {
  setAttribute(name: string, value: string | number | boolean): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  end(): void;
}

/** The parts of `@opentelemetry/api` that are used: whoever has no use for it need not install it. */
export interface OpenTelemetryApi<C, S extends OpenTelemetrySpan> {
  readonly trace: {
    getTracer(name: string): {
      startSpan(name: string, options: { kind: number; attributes: Record<string, string> }, context: C): S;
    };
    setSpan(context: C, span: S): C;
  };
  readonly context: { active(): C; with<T>(context: C, run: () => T): T };
  readonly propagation: { extract(context: C, carrier: unknown): C };
}

/** SpanKind.SERVER and SpanStatusCode.ERROR. */
const SERVER = 1;
const ERROR = 2;

/**
 * A span for each request, continuing the caller's trace, by OpenTelemetry's conventions for HTTP.
 * `serve({ tracing: openTelemetry(await import("@opentelemetry/api")) })`
 */
export function openTelemetry<C, S extends OpenTelemetrySpan>(
  api: OpenTelemetryApi<C, S>,
  name = "@sorbus/http-host",
): Tracing {
  const tracer = api.trace.getTracer(name);
  return {
    begin({ id, method, path, headers }) {
      const parent = api.propagation.extract(api.context.active(), headers);
      const span = tracer.startSpan(
        method,
        {
          kind: SERVER,
          attributes: { "http.request.method": method, "url.path": path, "sorbus.request.id": id },
        },
        parent,
      );
      const here = api.trace.setSpan(parent, span);
      return {
        within: (run) => api.context.with(here, run),
        end({ status, aborted, error }) {
          span.setAttribute("http.response.status_code", status);
          if (aborted) span.setAttribute("sorbus.aborted", true);
          if (status >= 500) span.setStatus({ code: ERROR, ...(error !== undefined && { message: error }) });
          span.end();
        },
      };
    },
  };
}
