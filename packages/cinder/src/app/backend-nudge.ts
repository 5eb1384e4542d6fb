import type { Context } from '@kumo/core/context';
import { afterCommit } from '@kumo/core/db';
import type { RpcClient } from '@kumo/core/rpc';
import type { Transaction } from 'kysely';
import type { Schema } from '../db/schema.ts';
import type { volumeRpc } from '../rpc/volume.ts';

/** Tells a back end (`host@backend`), after the commit, that this transaction wrote a flow for it. */
export function nudgeBackend(
  tx: Transaction<Schema>,
  backends: RpcClient<typeof volumeRpc.methods>,
  server: string,
  ctx?: Context,
): void {
  afterCommit(tx, { name: 'cinder-volume.runFlows', send: () => backends.runFlows({}, { server, ctx }) });
}
