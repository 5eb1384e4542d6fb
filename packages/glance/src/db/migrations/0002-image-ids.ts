import { migration } from '@kumo/core/db';

/** Every id that an image ever had, so that none is given to another after its image was deleted. */
export const imageIds = migration('0002-image-ids', async (schema, c, q) => {
  await schema
    .createTable('image_ids')
    .addColumn('id', c.uuid(), (col) => col.primaryKey())
    .execute();
  await q.insertInto('image_ids').columns(['id']).expression(q.selectFrom('images').select('id')).execute();
});
