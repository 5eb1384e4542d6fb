import type { Logger } from '../log/index.ts';

export interface HeartbeatOptions {
  intervalMs: number;
  log: Logger;
  /** Tells whoever watches that this daemon lives. */
  beat: () => Promise<void>;
}

export interface Heartbeat {
  /** Beats once and then at intervals. Resolves when the first beat was made or has failed. */
  start(): Promise<void>;
  /** No more beats. Resolves when the one under way, if any, has ended; who need not know does not wait. */
  stop(): Promise<void>;
}

/** From a beat that failed to the next: others count a daemon as dead after a few that they miss. */
const RETRY_MS = 1_000;

/** Says at intervals that a daemon lives. The first of a row of failures is logged; each is made up for soon. */
export function heartbeat({ intervalMs, log, beat }: HeartbeatOptions): Heartbeat {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isStopped = true;
  let isFailing = false;
  const once = async () => {
    let nextMs = intervalMs;
    try {
      await beat();
      isFailing = false;
    } catch (error) {
      nextMs = Math.min(intervalMs, RETRY_MS);
      if (!isFailing) log.warn({ err: error, againMs: nextMs }, 'the heartbeat was not taken; trying again');
      isFailing = true;
    }
    if (!isStopped) timer = setTimeout(again, nextMs).unref();
  };
  const again = () => {
    running = once();
  };
  return {
    start: async () => {
      isStopped = false;
      again();
      await running;
    },
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
