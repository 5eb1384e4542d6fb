import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@kumo/core/log';

export interface KeeperOptions {
  /** Makes the volume's export what it should be, whatever runs now. @returns whether there is to be one. */
  restore(volumeId: string): Promise<boolean>;
  log: Logger;
}

/** Clients wait for a minute; a daemon that ends again and again must not take the processor meanwhile. */
const SPACING_MS = 1_000;
const LAST_PAUSE_MS = 2_000;

/**
 * Starts storage daemons again when they end. Each has a socket on which nothing is ever said: the kernel closes the
 * connection to it when the process ends, in whatever way, so its end is known within milliseconds and at no cost before.
 */
export class DaemonKeeper {
  readonly #options: KeeperOptions;
  readonly #connections = new Map<string, Socket>();
  readonly #restoring = new Map<string, Promise<void>>();
  /** Whose daemon ended anew while it was being restored. */
  readonly #again = new Set<string>();
  readonly #restoredAt = new Map<string, number>();
  readonly #closing = new AbortController();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Begins to watch over a running daemon by its socket. Idempotent. One of an earlier version has none and is not watched. */
  watch(volumeId: string, path: string): void {
    if (this.#closing.signal.aborted || this.#connections.has(path)) return;
    const connection = createConnection(path).unref();
    this.#connections.set(path, connection);
    let isGone = true;
    connection.on('error', (error: NodeJS.ErrnoException) => {
      // EAGAIN: another process of ours, which is ending, has the place in the queue; the next look finds it free.
      isGone = error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET';
    });
    connection.on('close', () => {
      if (this.#connections.get(path) !== connection) return;
      this.#connections.delete(path);
      if (isGone) this.#restore(volumeId);
    });
    connection.resume();
  }

  /** The daemon is about to be ended on purpose. */
  forget(path: string): void {
    const connection = this.#connections.get(path);
    this.#connections.delete(path);
    connection?.destroy();
  }

  /** Ends the watch; daemons go on. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const path of [...this.#connections.keys()]) this.forget(path);
    await Promise.all(this.#restoring.values());
  }

  #restore(volumeId: string): void {
    if (this.#closing.signal.aborted) return;
    if (this.#restoring.has(volumeId)) {
      this.#again.add(volumeId);
      return;
    }
    const work = this.#untilRestored(volumeId).finally(() => {
      this.#restoring.delete(volumeId);
      if (this.#again.delete(volumeId)) this.#restore(volumeId);
    });
    this.#restoring.set(volumeId, work);
  }

  async #untilRestored(volumeId: string): Promise<void> {
    const { restore, log } = this.#options;
    const { signal } = this.#closing;
    const beganAt = Date.now();
    let pauseMs = Math.max(0, (this.#restoredAt.get(volumeId) ?? 0) + SPACING_MS - beganAt);
    for (let failures = 0; !signal.aborted; failures += 1) {
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      try {
        const isServed = await restore(volumeId);
        if (isServed) log.warn({ volumeId, ms: Date.now() - beganAt }, 'a storage daemon ended and was started again');
        if (isServed) this.#restoredAt.set(volumeId, Date.now());
        else this.#restoredAt.delete(volumeId);
        return;
      } catch (error) {
        log.error(
          { err: error, volumeId },
          'a storage daemon ended and cannot be started again: see err; its guest waits',
        );
        pauseMs = Math.min(LAST_PAUSE_MS, 100 * 2 ** failures);
      }
    }
  }
}
