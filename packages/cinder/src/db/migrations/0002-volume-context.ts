import { migration } from '@kumo/core/db';

/** Who asked for a volume, for whichever process places it: its image is read with his rights. */
export const volumeContext = migration('0002-volume-context', async (schema, c) => {
  await schema.alterTable('volumes').addColumn('context', c.json()).execute();
});
