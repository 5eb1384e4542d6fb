import { randomUUID } from 'node:crypto';
import { insertIgnore, nowIso } from '@kumo/core/db';
import type { Agent } from '../db/records.ts';
import { agentNotFound } from '../errors.ts';
import type { NeutronDeps } from './deps.ts';
import type { DhcpPorts } from './dhcp-ports.ts';
import { AGENT_TYPES, agentCodec, isAlive } from './host-agents.ts';
import type { ListPage, ListRequest } from './list-request.ts';
import type { RouterHosts } from './router-hosts.ts';

export interface AgentView extends Agent {
  alive: boolean;
}

export interface AgentReport {
  agentType: string;
  binary: string;
  host: string;
  availabilityZone: string | null;
  configurations: Record<string, unknown>;
  startedAt: string;
}

/** The agents that have ever reported, and what follows from their reports. */
export class Agents {
  readonly #deps: NeutronDeps;
  readonly #dhcp: DhcpPorts;
  readonly #routers: RouterHosts;

  constructor(deps: NeutronDeps, work: { dhcp: DhcpPorts; routers: RouterHosts }) {
    this.#deps = deps;
    this.#dhcp = work.dhcp;
    this.#routers = work.routers;
  }

  /** There are few agents: the whole table is read, and filtered here, for liveness is no column. */
  async list(request: ListRequest): Promise<ListPage<AgentView>> {
    const all = await this.#all();
    const matching = all.filter((agent) =>
      [...request.filters].every(([name, values]) =>
        values.some((value) => value.toLowerCase() === attribute(agent, name).toLowerCase()),
      ),
    );
    const start = request.marker === undefined ? 0 : matching.findIndex((agent) => agent.id === request.marker) + 1;
    const rows = matching.slice(start, start + request.limit);
    return { rows, hasMore: start + request.limit < matching.length };
  }

  async show(id: string): Promise<AgentView> {
    const row = await this.#deps.db.q.selectFrom('agents').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) throw agentNotFound({ id });
    return this.#view(agentCodec.fromRow(row));
  }

  async update(id: string, changes: { adminStateUp?: boolean; description?: string }): Promise<AgentView> {
    const row = agentCodec.toRow(changes);
    if (Object.keys(row).length > 0)
      await this.#deps.db.q.updateTable('agents').set(row).where('id', '=', id).execute();
    return this.show(id);
  }

  async delete(id: string): Promise<void> {
    const result = await this.#deps.db.q.deleteFrom('agents').where('id', '=', id).executeTakeFirst();
    if (result.numDeletedRows === 0n) throw agentNotFound({ id });
  }

  /** A heartbeat. An agent that comes (back) is given what waits for one of its kind. */
  async report(report: AgentReport): Promise<string> {
    const { db } = this.#deps;
    const { agentType, host } = report;
    const now = nowIso();
    const known = await db.q
      .selectFrom('agents')
      .select(['id', 'heartbeat_at', 'started_at'])
      .where('agent_type', '=', agentType)
      .where('host', '=', host)
      .executeTakeFirst();
    const { binary, availabilityZone, configurations, startedAt } = report;
    const seen = agentCodec.toRow({
      binary,
      topic: binary,
      availabilityZone,
      configurations,
      startedAt,
      heartbeatAt: now,
    });
    const isBack =
      !known ||
      known.started_at !== startedAt ||
      !isAlive({ heartbeatAt: known.heartbeat_at }, this.#deps.config.agentDownSeconds);
    if (known) await db.q.updateTable('agents').set(seen).where('id', '=', known.id).execute();
    else {
      const fresh = { id: randomUUID(), agentType, host, adminStateUp: true, description: null, createdAt: now };
      const row = { ...seen, ...agentCodec.toRow(fresh) };
      await db.transaction((tx) => insertIgnore(tx, 'agents', [row as never]));
    }
    if (isBack) await this.#giveWork(agentType);
    const { id } = await db.q
      .selectFrom('agents')
      .select('id')
      .where('agent_type', '=', agentType)
      .where('host', '=', host)
      .executeTakeFirstOrThrow();
    return id;
  }

  async #giveWork(agentType: string): Promise<void> {
    if (agentType === AGENT_TYPES.dhcp) await this.#dhcp.ensureWaiting();
    if (agentType === AGENT_TYPES.l3) await this.#routers.ensureWaiting();
  }

  async #all(): Promise<AgentView[]> {
    const rows = await this.#deps.db.q.selectFrom('agents').selectAll().orderBy('agent_type').orderBy('host').execute();
    return rows.map((row) => this.#view(agentCodec.fromRow(row)));
  }

  #view(agent: Agent): AgentView {
    return { ...agent, alive: isAlive(agent, this.#deps.config.agentDownSeconds) };
  }
}

function attribute(agent: AgentView, name: string): string {
  switch (name) {
    case 'admin_state_up':
      return agent.adminStateUp ? 'True' : 'False';
    case 'alive':
      return agent.alive ? 'True' : 'False';
    case 'agent_type':
      return agent.agentType;
    case 'availability_zone':
      return agent.availabilityZone ?? '';
    default:
      return String(agent[name as keyof AgentView] ?? '');
  }
}
