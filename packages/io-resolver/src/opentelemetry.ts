/** One OpenTelemetry span for each effect: hooks over a tracer of `@opentelemetry/api`, an optional peer. */
import type { Span, Tracer } from "@opentelemetry/api";
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Hooks } from "./hooks.ts";

export interface TracingOptions {
  /** Default: the global provider's tracer "sorbus". */
  readonly tracer?: Tracer;
}

/** Hooks that make a span `kv/get` for `(:kv/get …)`. Arguments and answers are not written: they may be secrets. */
export function tracing({ tracer = trace.getTracer("sorbus") }: TracingOptions = {}): Hooks {
  const start = (op: string, attributes: Record<string, string | boolean>): Span =>
    tracer.startSpan(op, { kind: SpanKind.CLIENT, attributes: { "sorbus.op": op, ...attributes } });
  return {
    onEffect: ({ op }, { purity }) => {
      const span = start(op, { "sorbus.purity": purity });
      return (outcome) => {
        span.setAttribute("sorbus.inline", outcome.inline);
        if (outcome.type === "error") fail(span, outcome.error);
        span.end();
      };
    },
    onRefused: ({ op }, error) => {
      const span = start(op, { "sorbus.refused": true });
      fail(span, error);
      span.end();
    },
  };
}

function fail(span: Span, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  span.recordException(error instanceof Error ? error : message);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}
