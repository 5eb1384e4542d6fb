import type { Db } from '@kumo/core/db';
import { fromIso, toIso } from '@kumo/core/db';
import { pageSize } from '@kumo/core/http';
import { eventsOf, findAction, listActions } from '../db/instance-actions.ts';
import type { InstanceActionEventRow, InstanceActionRow, NovaTables } from '../db/schema.ts';
import type { Server } from '../db/servers.ts';
import { actionNotFound, markerNotFound } from '../errors.ts';

export type { InstanceActionEventRow, InstanceActionRow };

/** What was asked for a server, and how it went. */
export class InstanceActions {
  readonly #db: Db<NovaTables>;
  readonly #maxPageSize: number;

  constructor(db: Db<NovaTables>, maxPageSize: number) {
    this.#db = db;
    this.#maxPageSize = maxPageSize;
  }

  async list(
    server: Server,
    query: { limit?: number; marker?: string; changesSince?: string; changesBefore?: string },
  ) {
    const moment = (text: string | undefined) =>
      text === undefined ? undefined : toIso(fromIso(text.replace(' ', 'T')));
    return listActions(this.#db.q, server.id, {
      limit: pageSize(query.limit, this.#maxPageSize),
      marker: query.marker,
      changesSince: moment(query.changesSince),
      changesBefore: moment(query.changesBefore),
      unknownMarker: (marker) => markerNotFound({ marker }),
    });
  }

  /** @throws 404 */
  async show(
    server: Server,
    requestId: string,
  ): Promise<{ action: InstanceActionRow; events: InstanceActionEventRow[] }> {
    const action = await findAction(this.#db.q, server.id, requestId);
    if (!action) throw actionNotFound({ id: server.id, requestId });
    return { action, events: await eventsOf(this.#db.q, action.id) };
  }
}
