/**
 * What OpenStack's own listeners hear: `rabbitNotifier({ url, log, exchange: 'keystone', topics: ['notifications'] })`
 * sends as oslo.messaging does (topic exchange, routing key `notifications.info`, envelope 2.0),
 * `logNotifier(log)` writes lines, `silentNotifier` nothing. `notify({ eventType, publisherId, priority, payload })`
 * returns at once and never throws; what waits for a broker that is away is bounded. `close()` when the daemon stops.
 * `env.busUrl` is the broker's URL, undefined in one process. Payloads hold no token and no secret; what looks like one is
 * masked, as in the log (`maskSecrets` of core/log) and in what `run` throws.
 */

export { logNotifier, silentNotifier } from './log-notifier.ts';
export { type Notification, type Notifier, osloEnvelope, type Priority } from './notification.ts';
export { type RabbitNotifierOptions, rabbitNotifier } from './rabbit-notifier.ts';
