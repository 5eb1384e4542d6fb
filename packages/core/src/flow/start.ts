import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Context } from '../context/index.ts';
import { nowIso } from '../db/index.ts';
import { currentTraceparent } from '../trace/index.ts';
import type { FlowDefinition } from './definition.ts';
import type { FlowTables } from './tables.ts';

export interface StartOptions {
  id?: string;
  /** What it is about, e.g. a server's id: for `journal.cancel` and `journal.list`. */
  key?: string;
  /** The host that must run it; absent: anyone may. */
  holder?: string;
  /** Who asked; kept without the token. */
  ctx?: Context;
}

/**
 * Writes a flow down in the caller's transaction: it exists when, and only when, that commits. Nudge a runner afterwards.
 * The active trace goes on in its steps.
 *
 * @returns the flow's id
 */
async function start<Schema extends FlowTables, Deps, Input, Results>(
  tx: Kysely<Schema>,
  definition: FlowDefinition<Deps, Input, Results>,
  input: Input,
  options: StartOptions = {},
): Promise<string> {
  const { id = randomUUID(), key = null, holder = null, ctx } = options;
  const now = nowIso();
  // Kysely's types are invariant: a schema with more tables is safe here, but no subtype.
  await (tx as unknown as Kysely<FlowTables>)
    .insertInto('flows')
    .values({
      id,
      name: definition.name,
      version: definition.version,
      flow_key: key,
      input: JSON.stringify(input ?? null),
      state: 'running',
      holder,
      lease_owner: null,
      lease_boot: null,
      lease_epoch: 0,
      lease_expires_at: null,
      write_seq: 0,
      cancel_reason: null,
      failure: null,
      traceparent: currentTraceparent() ?? null,
      context: ctx ? JSON.stringify({ ...ctx, token: undefined }) : null,
      created_at: now,
      updated_at: now,
    })
    .execute();
  return id;
}

export const flows = { start };
