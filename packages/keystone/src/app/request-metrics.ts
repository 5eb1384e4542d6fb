import { metrics } from '@kumo/core/telemetry';

const requests = metrics.counter('keystone_requests_total', 'Requests by operation and class of status.', [
  'operation',
  'status',
]);
const seconds = metrics.histogram('keystone_request_seconds', 'How long requests took, by operation.', ['operation']);

/** Counts a finished request. */
export function observeRequest(operation: string, status: number, tookSeconds: number): void {
  requests.add({ operation, status: `${Math.floor(status / 100)}xx` });
  seconds.observe(tookSeconds, { operation });
}
