import type { Router } from '../db/records.ts';
import type { Tx } from '../db/table.ts';
import { routers } from '../db/tables.ts';
import type { NeutronDeps } from './deps.ts';
import { AGENT_TYPES, liveAgents } from './host-agents.ts';

/** Gives routers to L3 agents. */
export class RouterHosts {
  readonly #deps: NeutronDeps;

  constructor(deps: NeutronDeps) {
    this.#deps = deps;
  }

  /** A live agent for a new router: the one with the fewest; null when none lives. */
  async choose(tx: Tx): Promise<string | null> {
    const live = await liveAgents(tx, AGENT_TYPES.l3, this.#deps.config.agentDownSeconds);
    const rows = await tx
      .selectFrom('routers')
      .select(['host', (eb) => eb.fn.countAll().as('routers')])
      .groupBy('host')
      .execute();
    const load = new Map(rows.map((row) => [row.host, Number(row.routers)]));
    const [first] = live.toSorted((a, b) => (load.get(a.host) ?? 0) - (load.get(b.host) ?? 0));
    return first?.host ?? null;
  }

  /** Moves routers that wait for an agent, or whose agent is dead, to live ones. @returns their ids. */
  async ensureWaiting(): Promise<string[]> {
    const { db, config } = this.#deps;
    const live = await liveAgents(db.q, AGENT_TYPES.l3, config.agentDownSeconds);
    const hosts = live.map((agent) => agent.host);
    if (hosts.length === 0) return [];
    const waiting = await db.q
      .selectFrom('routers')
      .select('id')
      .where((eb) => eb.or([eb('host', 'is', null), eb('host', 'not in', hosts)]))
      .execute();
    for (const { id } of waiting) await this.#move(id, hosts);
    return waiting.map(({ id }) => id);
  }

  async #move(id: string, live: readonly string[]): Promise<void> {
    const { db, agents } = this.#deps;
    await db.transaction(async (tx) => {
      // Told in any case: an agent that is back may have missed what became of its routers.
      agents.routersChanged(tx, [id]);
      const router = (await routers.lock(tx, id, db)) as Router | undefined;
      if (!router || (router.host !== null && live.includes(router.host))) return;
      const host = await this.choose(tx);
      if (host === null) return;
      await tx.updateTable('routers').set({ host }).where('id', '=', id).execute();
      await tx
        .updateTable('ports')
        .set({ host_id: host, vif_type: 'bridge', status: 'DOWN' })
        .where('device_id', '=', id)
        .where('device_owner', 'in', ['network:router_interface', 'network:router_gateway'])
        .execute();
    });
  }
}
