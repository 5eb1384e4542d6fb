import { statfs } from 'node:fs/promises';
import type { Logger } from '@kumo/core/log';
import type { QmpClient, QmpEvent } from '@kumo/core/qmp';

const CHECK_MS = 1_000;
/** A guest that stalls again and again with room on this host has a volume elsewhere that is full. */
const MAX_WAIT_MS = 30_000;
/** Less is not worth a try: the guest would stop at once again. */
const WORTHWHILE_BYTES = 16 << 20;

interface Stalled {
  readonly client: QmpClient;
  waitMs: number;
  nextMs: number;
  /** Whether this host had no room at the last look. */
  isHostFull: boolean;
}

/**
 * QEMU stops a guest whose write finds no room (`werror=enospc`, its default for every disk) instead of giving it an error that
 * would break its file system; it stays stopped (`io-error`, shown as paused) until it is told to go on. That is done here, as
 * soon as there is room; the write is then made again, and the guest has noticed nothing but the time.
 */
export class OutOfRoom {
  readonly #directory: string;
  readonly #log: Logger;
  readonly #stalled = new Map<string, Stalled>();
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> | undefined;

  /** @param directory where the guests' disks of this host are. */
  constructor(directory: string, log: Logger) {
    this.#directory = directory;
    this.#log = log;
  }

  /** From now on looks after the guest behind this connection, which may have stalled before. */
  watch(serverId: string, client: QmpClient): void {
    client.on('event', ({ event, data }: QmpEvent) => {
      if (event === 'BLOCK_IO_ERROR' && data?.action === 'stop') this.#add(serverId, client);
    });
    client.execute<{ status: string }>('query-status').then(
      ({ status }) => status === 'io-error' && this.#add(serverId, client),
      (err: unknown) => this.#log.debug({ err, serverId }, 'a guest did not say whether it has stalled'),
    );
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#stalled.clear();
  }

  #add(serverId: string, client: QmpClient): void {
    if (this.#stalled.get(serverId)?.client === client) return;
    this.#log.warn({ serverId }, 'a guest is stopped: there is no room for what it writes; it goes on when there is');
    this.#stalled.set(serverId, { client, waitMs: CHECK_MS, nextMs: performance.now(), isHostFull: false });
    this.#timer ??= setInterval(() => {
      this.#checking ??= this.#check().finally(() => {
        this.#checking = undefined;
      });
    }, CHECK_MS).unref();
  }

  async #check(): Promise<void> {
    const isHostFull = await this.#isHostFull();
    for (const [serverId, stalled] of this.#stalled) {
      try {
        if (await this.#isOver(serverId, stalled, isHostFull)) this.#stalled.delete(serverId);
      } catch (err) {
        this.#log.warn({ err, serverId }, 'a guest that is out of room cannot be told to go on');
        if (stalled.client.closed) this.#stalled.delete(serverId);
      }
    }
    if (this.#stalled.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #isOver(serverId: string, stalled: Stalled, isHostFull: boolean): Promise<boolean> {
    const { client } = stalled;
    if (client.closed) return true;
    const { status } = await client.execute<{ status: string }>('query-status');
    if (status !== 'io-error') {
      this.#log.info({ serverId }, 'a guest that was out of room goes on');
      return true;
    }
    const hasRoomAgain = stalled.isHostFull && !isHostFull;
    stalled.isHostFull = isHostFull;
    if (isHostFull || (performance.now() < stalled.nextMs && !hasRoomAgain)) return false;
    stalled.nextMs = performance.now() + stalled.waitMs;
    stalled.waitMs = Math.min(2 * stalled.waitMs, MAX_WAIT_MS);
    await client.execute('cont');
    return false;
  }

  async #isHostFull(): Promise<boolean> {
    const { bavail, bsize } = await statfs(this.#directory);
    return bavail * bsize < WORTHWHILE_BYTES;
  }
}
