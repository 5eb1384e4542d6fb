import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { type Logger, silentLogger } from '../log/index.ts';
import { TLS_FLOOR } from '../tls/index.ts';
import { FaultProcessor } from './fault.ts';
import { headSampler } from './head-sampler.ts';
import { StoreProcessor } from './store-processor.ts';
import { TraceStore } from './trace-store.ts';

export interface TelemetryOptions {
  /** The daemons of this process; spans themselves say which of them speaks. */
  daemons?: readonly string[];
  stateDir: string;
  log?: Logger;
  /** An OTLP/HTTP collector's base URL, e.g. `http://collector:4318`; spans go there as well. */
  exportUrl?: string;
  /** How long spans are kept. Default 24. */
  maxAgeHours?: number;
  maxRows?: number;
  /** JSON of a `Fault`, or `@/path` of a file with it; for tests. Default: the environment's `KUMO_FAULT`. */
  fault?: string;
}

export interface Telemetry {
  readonly store: TraceStore;
  /** Writes what waits, so that a reader finds it. */
  flush(): Promise<void>;
  /** Flushes, closes the store and takes the global tracer away. */
  stop(): Promise<void>;
}

/**
 * Starts tracing for this process, once: spans are kept in `${stateDir}/traces.db`, context follows async calls, and
 * `traceparent` headers are written and read. Throws when the store cannot be opened or the fault cannot be read.
 */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { daemons = [], log = silentLogger, exportUrl, stateDir, fault = process.env.KUMO_FAULT } = options;
  const spanProcessors: SpanProcessor[] = [];
  if (fault) {
    spanProcessors.push(new FaultProcessor(fault));
    log.warn({ fault }, 'a fault is armed: this process kills itself at a span');
  }
  const store = new TraceStore({ stateDir, maxAgeHours: options.maxAgeHours, maxRows: options.maxRows });
  spanProcessors.push(new StoreProcessor(store, log));
  if (exportUrl) spanProcessors.push(await otlpProcessor(exportUrl));
  const provider = new BasicTracerProvider({
    sampler: headSampler,
    spanProcessors,
    resource: resourceFromAttributes({
      'service.name': daemons.length === 1 ? daemons[0] : 'kumo',
      'kumo.daemons': [...daemons],
    }),
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return {
    store,
    flush: () => provider.forceFlush(),
    async stop() {
      await provider.shutdown();
      trace.disable();
      context.disable();
      propagation.disable();
      store.close();
    },
  };
}

/** Loaded only when asked for: the exporter costs memory and start time. */
async function otlpProcessor(exportUrl: string): Promise<SpanProcessor> {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  return new BatchSpanProcessor(
    new OTLPTraceExporter({
      url: new URL('v1/traces', `${exportUrl.replace(/\/?$/, '/')}`).href,
      httpAgentOptions: { keepAlive: true, ...TLS_FLOOR },
    }),
  );
}
