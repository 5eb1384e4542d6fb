import { operation } from '@kumo/core/http';
import { policy } from '@kumo/core/policy';
import { Type as T } from 'typebox';
import { PROJECT } from './policies.ts';
import { Flag, PageLinks, plainListQuery, showQuery } from './shared-schemas.ts';

export const AgentBody = T.Object({
  id: T.String(),
  agent_type: T.String(),
  binary: T.String(),
  topic: T.String(),
  host: T.String(),
  admin_state_up: T.Boolean(),
  alive: T.Boolean(),
  availability_zone: T.Union([T.String(), T.Null()]),
  configurations: T.Record(T.String(), T.Unknown()),
  created_at: T.String(),
  started_at: T.String(),
  heartbeat_timestamp: T.String(),
  description: T.Union([T.String(), T.Null()]),
  resources_synced: T.Null(),
});

export const listAgents = operation({
  name: 'listAgents',
  method: 'GET',
  path: '/v2.0/agents',
  policy: policy('get_agent', 'rule:admin_only', PROJECT),
  query: plainListQuery(
    'id',
    'agent_type',
    'binary',
    'host',
    'topic',
    'admin_state_up',
    'alive',
    'availability_zone',
    'description',
  ),
  reply: T.Object({ agents: T.Array(AgentBody), agents_links: PageLinks }),
  errors: [400, 401, 403],
});

export const showAgent = operation({
  name: 'showAgent',
  method: 'GET',
  path: '/v2.0/agents/{agent_id}',
  policy: listAgents.policy,
  query: showQuery,
  reply: T.Object({ agent: AgentBody }),
  errors: [401, 403, 404],
});

export const updateAgent = operation({
  name: 'updateAgent',
  method: 'PUT',
  path: '/v2.0/agents/{agent_id}',
  policy: policy('update_agent', 'rule:admin_only', PROJECT),
  body: T.Object(
    {
      agent: T.Object(
        { admin_state_up: T.Optional(Flag), description: T.Optional(T.String({ maxLength: 255 })) },
        { additionalProperties: false },
      ),
    },
    { additionalProperties: false },
  ),
  reply: T.Object({ agent: AgentBody }),
  errors: [400, 401, 403, 404],
});

export const deleteAgent = operation({
  name: 'deleteAgent',
  method: 'DELETE',
  path: '/v2.0/agents/{agent_id}',
  policy: policy('delete_agent', 'rule:admin_only', PROJECT),
  errors: [401, 403, 404, 409],
});
