import { migration } from '@kumo/core/db';

/** Since when a port has its `dns_name`: the first to have one keeps it. Names from before count from their port's creation. */
export const dnsNamedAt = migration('0002-dns-named-at', async (schema, c, q) => {
  await schema.alterTable('ports').addColumn('dns_named_at', c.time()).execute();
  await q
    .updateTable('ports')
    .set((eb) => ({ dns_named_at: eb.ref('created_at') }))
    .execute();
});
