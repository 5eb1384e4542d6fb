import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '@kumo/core/errors';
import type { Logger } from '@kumo/core/log';
import { QmpClient, type QmpEvent } from '@kumo/core/qmp';
import type { GuestEventType } from '../driver.ts';
import type { GuestEvents } from '../guest-events.ts';
import { findProcess, type GuestProcess, hasPidFile, waitGone } from './guest-process.ts';
import type { InstancePaths } from './instance-files.ts';
import { OutOfRoom } from './out-of-room.ts';

/** From QMP's events to ours. SHUTDOWN is left out: a guest is told to be shut down when its process has ended. */
const EVENTS: Record<string, GuestEventType> = { STOP: 'paused', RESUME: 'resumed', RESET: 'reset' };

/** Between two tries to reach a QEMU that is starting. */
const RETRY_MS = 5;

interface Monitor {
  client: QmpClient;
  guest: GuestProcess;
}

/** Keeps one QMP connection for each running guest (QEMU serves only one at a time) and publishes what it hears on it. */
export class GuestMonitors {
  readonly #monitors = new Map<string, Monitor>();
  readonly #connecting = new Map<string, Promise<QmpClient>>();
  readonly #events: GuestEvents;
  readonly #log: Logger;
  readonly #outOfRoom: OutOfRoom;
  #closing = false;

  /** @param directory where the guests' disks are. */
  constructor(events: GuestEvents, log: Logger, directory: string) {
    this.#events = events;
    this.#log = log;
    this.#outOfRoom = new OutOfRoom(directory, log);
  }

  /**
   * The guest's connection; made when there is none.
   * @throws DriverError (retryable) when its QEMU does not answer within `timeoutMs`, or ends meanwhile.
   */
  async reach(serverId: string, paths: InstancePaths, guest: GuestProcess, timeoutMs = 10_000): Promise<QmpClient> {
    const known = this.#monitors.get(serverId);
    if (known && !known.client.closed && known.guest.pid === guest.pid) return known.client;
    const pending = this.#connecting.get(serverId) ?? this.#connect(serverId, paths, guest, timeoutMs);
    this.#connecting.set(serverId, pending);
    try {
      return await pending;
    } finally {
      if (this.#connecting.get(serverId) === pending) this.#connecting.delete(serverId);
    }
  }

  get serverIds(): string[] {
    return [...this.#monitors.keys()];
  }

  /** Ends the connection without an event for the driver: its guest is being destroyed. */
  async forget(serverId: string): Promise<void> {
    const monitor = this.#monitors.get(serverId);
    this.#monitors.delete(serverId);
    await monitor?.client.close();
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#outOfRoom.close();
    await Promise.all([...this.#monitors.values()].map(({ client }) => client.close()));
    this.#monitors.clear();
  }

  async #connect(serverId: string, paths: InstancePaths, guest: GuestProcess, timeoutMs: number): Promise<QmpClient> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      try {
        const client = await QmpClient.connect(paths.qmp, {
          timeoutMs: Math.max(1, deadline - Date.now()),
          from: 'nova-compute',
          to: 'hypervisor',
        });
        this.#adopt(serverId, paths, { client: client.unref(), guest });
        return client;
      } catch (error) {
        if (Date.now() >= deadline) throw error;
        if (await waitGone(guest, 0))
          throw new DriverError(`the QEMU of guest ${serverId} has ended`, { retryable: true, cause: error });
        await sleep(RETRY_MS);
      }
    }
  }

  #adopt(serverId: string, paths: InstancePaths, monitor: Monitor): void {
    this.#monitors.set(serverId, monitor);
    this.#outOfRoom.watch(serverId, monitor.client);
    monitor.client.on('event', ({ event }: QmpEvent) => {
      const type = EVENTS[event];
      if (type) this.#events.publish(serverId, type);
    });
    monitor.client.once('close', () => {
      if (this.#closing || this.#monitors.get(serverId) !== monitor) return;
      this.#monitors.delete(serverId);
      this.#ended(serverId, paths, monitor.guest).catch((error: unknown) =>
        this.#log.error({ err: error, serverId }, 'cannot tell how a guest ended'),
      );
    });
  }

  /** The connection broke: mostly because QEMU is ending. Whether it did so in order, its pid file tells. */
  async #ended(serverId: string, paths: InstancePaths, guest: GuestProcess): Promise<void> {
    if (!(await waitGone(guest, 30_000))) return;
    if (await findProcess(paths)) return;
    this.#events.publish(serverId, (await hasPidFile(paths)) ? 'crashed' : 'shutdown');
  }
}
