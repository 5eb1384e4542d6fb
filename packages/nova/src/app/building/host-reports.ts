import type { Db } from '@kumo/core/db';
import { vmStateOf } from '../../compute/power-number.ts';
import { type NodeReport, reportNode } from '../../db/compute-nodes.ts';
import type { NovaTables } from '../../db/schema.ts';
import { unfinishedFlows } from '../../db/server-flows.ts';
import { powerState } from '../../db/server-shapes.ts';
import { findServer, type Server, serversOnHost, updateServer } from '../../db/servers.ts';
import type { Notify } from './notifications.ts';

const GUEST_STATES = {
  [powerState.running]: 'running',
  [powerState.paused]: 'paused',
  [powerState.shutdown]: 'shutdown',
  [powerState.crashed]: 'crashed',
} as const;

/** What hosts say about themselves and ask about what should be on them. */
export class HostReports {
  readonly #db: Db<NovaTables>;
  readonly #notify: Notify;

  constructor(db: Db<NovaTables>, notify: Notify) {
    this.#db = db;
    this.#notify = notify;
  }

  /** @returns the node's id. */
  async node(host: string, report: NodeReport): Promise<string> {
    return this.#db.transaction(async (tx) => {
      const servers = await serversOnHost(tx, host);
      const sum = (amount: (server: Server) => number) => servers.reduce((total, server) => total + amount(server), 0);
      const usage = {
        vcpusUsed: sum(({ flavor }) => flavor.vcpus),
        memoryMbUsed: sum(({ flavor }) => flavor.memoryMb),
        localGbUsed: sum(({ flavor }) => flavor.rootGb + flavor.ephemeralGb),
      };
      return reportNode(tx, host, report, usage);
    });
  }

  async servers(host: string) {
    const servers = await serversOnHost(this.#db.q, host);
    const busy = new Set(
      (
        await unfinishedFlows(
          this.#db.q,
          servers.map(({ id }) => id),
        )
      ).map(({ key }) => key),
    );
    return {
      servers: servers.map(({ id, vmState, taskState, powerState: power }) => ({
        ...{ id, vmState, taskState, powerState: power },
        busy: busy.has(id),
      })),
      imageIds: [...new Set(servers.map(({ imageRef }) => imageRef).filter((id) => id !== ''))],
    };
  }

  /** A guest that the host has and should not have; while a flow of the server is under way nobody knows. */
  async isOrphan(serverId: string, host: string): Promise<boolean> {
    if ((await unfinishedFlows(this.#db.q, [serverId])).length > 0) return false;
    const server = await findServer(this.#db.q, serverId);
    return server?.host !== host;
  }

  /** The guest's own doing. A server with a task, in error, or elsewhere is left alone. */
  async powerSeen(serverId: string, host: string, power: number): Promise<void> {
    const server = await findServer(this.#db.q, serverId);
    if (server?.host !== host || server.taskState !== null || server.powerState === power) return;
    if (!['active', 'stopped', 'paused'].includes(server.vmState)) return;
    const guest = GUEST_STATES[power as keyof typeof GUEST_STATES] ?? 'gone';
    const changes = { powerState: power, vmState: vmStateOf(guest) };
    const still = { host, taskState: [null], vmState: [server.vmState] };
    const event = guest === 'running' ? 'power_on.end' : 'power_off.end';
    await this.#db.transaction(async (tx) => {
      if (await updateServer(tx, serverId, changes, still)) this.#notify(tx, event, { ...server, ...changes });
    });
  }
}
