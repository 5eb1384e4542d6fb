import type { Context } from '@kumo/core/context';
import { implement, nextLinks, type Route, wireTime } from '@kumo/core/http';
import type { KeyPair, KeyPairs } from '../app/key-pairs.ts';
import * as ops from './key-pairs.ts';
import { atLeast } from './wire/versions.ts';

const briefView = ({ name, publicKey, fingerprint, type }: KeyPair) => ({
  name,
  public_key: publicKey,
  fingerprint,
  type,
});

/** Whose keys: one's own, or from 2.10 on, for admins, a named user's. Checked before anything is looked for. */
function ownerOf(
  ctx: Context,
  userId: string | undefined,
  authorize: (target: Record<string, unknown>) => void,
): string {
  const owner = userId ?? ctx.userId;
  authorize({ user_id: owner, project_id: ctx.projectId });
  return owner;
}

export function keyPairRoutes(keyPairs: KeyPairs): Route[] {
  return [
    implement(ops.listKeyPairs, async ({ ctx, query, request, authorize }) => {
      const owner = ownerOf(ctx, query.user_id, authorize);
      const found = await keyPairs.list(owner, query);
      const last = found.hasMore && atLeast(ctx, 35) ? found.keyPairs.at(-1)?.name : undefined;
      return {
        keypairs: found.keyPairs.map((pair) => ({ keypair: briefView(pair) })),
        ...nextLinks('keypairs', request, last),
      };
    }),
    implement(ops.showKeyPair, async ({ ctx, params, query, authorize }) => {
      const pair = await keyPairs.get(ownerOf(ctx, query.user_id, authorize), params.keypair_name);
      return {
        keypair: {
          ...briefView(pair),
          user_id: pair.userId,
          id: pair.number,
          created_at: wireTime(pair.createdAt),
          updated_at: null,
          deleted: false,
          deleted_at: null,
        },
      };
    }),
    implement(ops.createKeyPair, async ({ ctx, body: { keypair }, authorize, reply }) => {
      const owner = ownerOf(ctx, keypair.user_id, authorize);
      const pair = await keyPairs.create(owner, ctx.projectId ?? '', {
        name: keypair.name,
        type: keypair.type ?? 'ssh',
        // Absent up to 2.91: then a key is made.
        publicKey: keypair.public_key as string | undefined,
      });
      if (!atLeast(ctx, 2)) reply.status(200);
      return {
        keypair: {
          ...briefView(pair),
          user_id: owner,
          ...(pair.privateKey === undefined ? {} : { private_key: pair.privateKey }),
        },
      };
    }),
    implement(ops.deleteKeyPair, async ({ ctx, params, query, authorize, reply }) => {
      await keyPairs.delete(ownerOf(ctx, query.user_id, authorize), params.keypair_name);
      if (!atLeast(ctx, 2)) reply.status(202);
    }),
  ];
}
