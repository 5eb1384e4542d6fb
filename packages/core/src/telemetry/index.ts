/**
 * `startTelemetry({ daemons, stateDir, log, exportUrl?, maxAgeHours? })` once per process (openstack does);
 * `TraceStore.spansOfServer(id)`; `metrics.counter/gauge/histogram`, `renderPrometheus()`.
 */

export { type Fault, parseFault } from './fault.ts';
export { type Counter, type Gauge, type Histogram, type Labels, MetricRegistry } from './metrics.ts';
export { metrics, renderPrometheus } from './process-metrics.ts';
export type { StoredSpan } from './span-row.ts';
export { startTelemetry, type Telemetry, type TelemetryOptions } from './start.ts';
export { TraceStore, type TraceStoreOptions } from './trace-store.ts';
