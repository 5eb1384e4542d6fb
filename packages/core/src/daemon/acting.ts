import { AsyncLocalStorage } from 'node:async_hooks';

const acting = new AsyncLocalStorage<string>();

/** Runs work as a daemon's: whatever it starts, listens to or leaves behind belongs to that daemon too. */
export function actAs<T>(daemon: string, work: () => T): T {
  return acting.run(daemon, work);
}

/** The daemon to which what runs now belongs; undefined where that cannot be known. */
export function actingDaemon(): string | undefined {
  return acting.getStore();
}
