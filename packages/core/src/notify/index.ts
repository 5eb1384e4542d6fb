export { logNotifier, silentNotifier } from './log-notifier.ts';
export { type Notification, type Notifier, osloEnvelope, type Priority } from './notification.ts';
export { type RabbitNotifierOptions, rabbitNotifier } from './rabbit-notifier.ts';
