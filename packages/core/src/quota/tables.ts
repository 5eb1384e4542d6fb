import { migration } from '../db/index.ts';

/** A service that uses `quotas` has these in its schema, and `quotaMigration` among its migrations. */
export interface QuotaTables {
  /** What is in use. `user_id` is empty for what a project as a whole uses. */
  quota_usages: { project_id: string; user_id: string; resource: string; in_use: number };
  /** A project's own limits; the class's, then the configured ones, hold for the rest. */
  quota_limits: { project_id: string; resource: string; hard_limit: number };
  quota_class_limits: { class_name: string; resource: string; hard_limit: number };
}

export const quotaMigration = migration('core-quota-1', async (schema, c) => {
  await schema
    .createTable('quota_usages')
    .addColumn('project_id', c.id(), (column) => column.notNull())
    .addColumn('user_id', c.id(), (column) => column.notNull())
    .addColumn('resource', c.string(128), (column) => column.notNull())
    .addColumn('in_use', c.bigint(), (column) => column.notNull())
    .addPrimaryKeyConstraint('quota_usages_pk', ['project_id', 'user_id', 'resource'])
    .execute();
  for (const [table, owner] of [
    ['quota_limits', 'project_id'],
    ['quota_class_limits', 'class_name'],
  ] as const) {
    await schema
      .createTable(table)
      .addColumn(owner, c.string(128), (column) => column.notNull())
      .addColumn('resource', c.string(128), (column) => column.notNull())
      .addColumn('hard_limit', c.bigint(), (column) => column.notNull())
      .addPrimaryKeyConstraint(`${table}_pk`, [owner, 'resource'])
      .execute();
  }
});
