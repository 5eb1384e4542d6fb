import { implement, pickFields, type Route } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { Agents, AgentView } from '../app/agents.ts';
import { type AgentBody, deleteAgent, listAgents, showAgent, updateAgent } from './agents.ts';
import { listRequestOf, pageBody } from './list-request.ts';
import { truthValues } from './truth-values.ts';
import { fromWire } from './wire-names.ts';

type Body = Static<typeof AgentBody>;

/** Agents print times with a space. */
const time = (iso: string) => iso.slice(0, 19).replace('T', ' ');

function body(view: AgentView): Body {
  return {
    id: view.id,
    agent_type: view.agentType,
    binary: view.binary,
    topic: view.topic,
    host: view.host,
    admin_state_up: view.adminStateUp,
    alive: view.alive,
    availability_zone: view.availabilityZone,
    configurations: view.configurations,
    created_at: time(view.createdAt),
    started_at: time(view.startedAt),
    heartbeat_timestamp: time(view.heartbeatAt),
    description: view.description,
    resources_synced: null,
  };
}

export function agentRoutes(agents: Agents, options: { maxPageSize: number }): Route[] {
  return [
    implement(listAgents, async ({ query, request }) => {
      const list = listRequestOf(query, {}, options.maxPageSize);
      const page = await agents.list(list);
      const shown = { ...page, rows: page.rows.map(body) };
      return pageBody('agents', shown, { request, list, fields: query.fields, paged: query.limit !== undefined });
    }),
    implement(showAgent, async ({ params, query }) => ({
      agent: pickFields(body(await agents.show(params.agent_id)), query.fields) as Body,
    })),
    implement(updateAgent, async (input) => ({
      agent: body(
        await agents.update(input.params.agent_id, fromWire(truthValues(input.body.agent, ['admin_state_up']))),
      ),
    })),
    implement(deleteAgent, ({ params }) => agents.delete(params.agent_id)),
  ];
}
