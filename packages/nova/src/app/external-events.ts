import type { Context } from '@kumo/core/context';
import type { Db } from '@kumo/core/db';
import type { RpcClient } from '@kumo/core/rpc';
import type { NovaTables } from '../db/schema.ts';
import type { computeRpc } from '../rpc/index.ts';

export interface ExternalEvent {
  name: string;
  serverId: string;
  status: string;
  tag?: string;
}

/** An event with the code of what became of it: 200 passed on, 404 no such server, 422 the server is on no host. */
export type HandledEvent = ExternalEvent & { code: 200 | 404 | 422 };

/** What Neutron and Cinder tell of a server's ports and volumes, passed on to its host. */
export class ExternalEvents {
  readonly #db: Db<NovaTables>;
  readonly #compute: RpcClient<typeof computeRpc.methods>;

  constructor(db: Db<NovaTables>, compute: RpcClient<typeof computeRpc.methods>) {
    this.#db = db;
    this.#compute = compute;
  }

  /** Each host gets one message. Whether its bus is there does not concern who tells: hosts look at what they missed. */
  async handle(ctx: Context, events: readonly ExternalEvent[]): Promise<HandledEvent[]> {
    const ids = [...new Set(events.map(({ serverId }) => serverId))];
    const rows = await this.#db.q
      .selectFrom('servers')
      .select(['id', 'host'])
      .where('id', 'in', ids)
      .where('deleted', '=', 0)
      .execute();
    const hosts = new Map(rows.map(({ id, host }) => [id, host]));
    const handled = events.map((event): HandledEvent => {
      const host = hosts.get(event.serverId);
      if (host === undefined) return { ...event, code: 404 };
      return { ...event, code: host === null ? 422 : 200 };
    });
    const passed = handled.filter(({ code }) => code === 200);
    for (const [host, list] of Map.groupBy(passed, ({ serverId }) => hosts.get(serverId)!)) {
      const sent = list.map(({ name, serverId, tag, status }) => ({ name, serverId, tag, status }));
      this.#db.post({
        name: 'nova-compute.externalEvents',
        send: () => this.#compute.externalEvents({ events: sent }, { server: host, ctx }),
      });
    }
    return handled;
  }
}
