import { type Filter, pageQuery, type Sort } from '@kumo/core/db';
import { type Queries, type Server, serverOf } from './servers.ts';

/** What a list of servers is narrowed by, besides the conditions on columns. */
export interface ServerSelection {
  /** Undefined: every project. */
  projectId?: string;
  /** Undefined: deleted or not. */
  deleted?: boolean;
  /** Each group of conditions: one of them holds. */
  anyOf: readonly (readonly { vmStates: readonly string[]; taskStates?: readonly string[] }[])[];
  filters: readonly Filter[];
  tags: { all?: readonly string[]; any?: readonly string[]; notAll?: readonly string[]; none?: readonly string[] };
  sorts: readonly Sort[];
  limit: number;
  marker?: string;
  unknownMarker: (marker: string | number) => Error;
}

/** One page of servers, in one statement (two with a marker). */
export async function listServers(
  q: Queries,
  selection: ServerSelection,
): Promise<{ servers: Server[]; hasMore: boolean }> {
  const { projectId, deleted, anyOf, filters, sorts, limit, marker, unknownMarker } = selection;
  let query = q.selectFrom('servers').selectAll();
  if (projectId !== undefined) query = query.where('project_id', '=', projectId);
  if (deleted !== undefined) query = query.where('deleted', '=', Number(deleted));
  for (const states of anyOf) {
    query = query.where((eb) =>
      eb.or(
        states.map(({ vmStates, taskStates }) =>
          eb.and([
            eb('vm_state', 'in', [...vmStates]),
            ...(taskStates === undefined ? [] : [eb('task_state', 'in', [...taskStates])]),
          ]),
        ),
      ),
    );
  }
  query = withTags(q, query, selection.tags);
  const { rows, hasMore } = await pageQuery(query, { filters, sorts, limit, marker, unknownMarker });
  return { servers: rows.map(serverOf), hasMore };
}

function allServers(q: Queries) {
  return q.selectFrom('servers').selectAll();
}

function withTags(q: Queries, query: ReturnType<typeof allServers>, tags: ServerSelection['tags']) {
  const having = (list: readonly string[], all: boolean) => {
    const tagged = q
      .selectFrom('server_tags')
      .select('server_id')
      .where('tag', 'in', [...list])
      .groupBy('server_id');
    return all ? tagged.having(({ fn }) => fn.count('tag'), '=', new Set(list).size) : tagged;
  };
  const { all, any, notAll, none } = tags;
  if (all?.length) query = query.where('id', 'in', having(all, true));
  if (any?.length) query = query.where('id', 'in', having(any, false));
  if (notAll?.length) query = query.where('id', 'not in', having(notAll, true));
  if (none?.length) query = query.where('id', 'not in', having(none, false));
  return query;
}
