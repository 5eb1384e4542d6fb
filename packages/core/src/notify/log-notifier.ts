import type { Logger } from '../log/index.ts';
import type { Notifier } from './notification.ts';

/** Notifications as lines of the log, where there is no broker. */
export function logNotifier(log: Logger): Notifier {
  return {
    notify: ({ eventType, publisherId, priority, payload }) =>
      log.info({ notification: { eventType, publisherId, priority, payload } }, eventType),
    close: async () => {},
  };
}

/** Discards every notification. */
export const silentNotifier: Notifier = { notify: () => {}, close: async () => {} };
