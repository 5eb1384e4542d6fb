import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { MetricRegistry } from './metrics.ts';

/** The metrics of this process; daemons add theirs. */
export const metrics = new MetricRegistry();

const memory = metrics.gauge('process_resident_memory_bytes', 'Resident memory size in bytes.');
const heap = metrics.gauge('nodejs_heap_size_used_bytes', 'Heap in use in bytes.');
const cpu = metrics.counter('process_cpu_seconds_total', 'User and system CPU time spent in seconds.');
const started = metrics.gauge('process_start_time_seconds', 'Start of the process in seconds since the epoch.');
const lag = metrics.gauge('nodejs_eventloop_lag_seconds', 'Time an event waited for its turn, measured when asked.');
const busy = metrics.gauge(
  'nodejs_eventloop_utilization',
  'Share of the time since the last reading in which the event loop was busy.',
);

let lastCpuSeconds = 0;
let lastUtilization = performance.eventLoopUtilization();

// Everything is read when asked for: a histogram of the loop's delay would wake an idle process many times a second.
metrics.onCollect(async () => {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  memory.set(rss);
  heap.set(heapUsed);
  const cpuSeconds = (user + system) / 1e6;
  cpu.add({}, cpuSeconds - lastCpuSeconds);
  lastCpuSeconds = cpuSeconds;
  started.set(performance.timeOrigin / 1_000);
  const utilization = performance.eventLoopUtilization();
  busy.set(performance.eventLoopUtilization(utilization, lastUtilization).utilization);
  lastUtilization = utilization;
  const askedMs = performance.now();
  await setImmediate();
  lag.set((performance.now() - askedMs) / 1_000);
});

/** The text of this process's `/metrics`. */
export function renderPrometheus(): Promise<string> {
  return metrics.render();
}
