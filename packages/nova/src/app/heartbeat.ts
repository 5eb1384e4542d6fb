import type { Logger } from '@kumo/core/log';

export interface Heartbeat {
  /** Beats once and then at intervals. Resolves when the first beat was made or has failed. */
  start(): Promise<void>;
  /** Waits for the beat that is under way. */
  stop(): Promise<void>;
}

/** Says at intervals that a daemon lives. A beat that fails is logged and made up for by a nearby one. */
export function heartbeat(options: { intervalMs: number; log: Logger; beat: () => Promise<void> }): Heartbeat {
  const { intervalMs, log, beat } = options;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopped = true;
  const once = async () => {
    let nextMs = intervalMs;
    try {
      await beat();
    } catch (error) {
      nextMs = Math.min(intervalMs, 1_000);
      log.warn({ err: error }, 'the heartbeat was not taken');
    }
    if (!stopped) timer = setTimeout(again, nextMs).unref();
  };
  const again = () => {
    running = once();
  };
  return {
    start: async () => {
      stopped = false;
      again();
      await running;
    },
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
