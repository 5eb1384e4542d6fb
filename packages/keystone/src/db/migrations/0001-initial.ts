import { addIndex, type Columns, insertIgnore, migration, type UntypedQueries } from '@kumo/core/db';
import type { SchemaModule } from 'kysely';

export const initial = migration('0001-initial', async (schema, c, q) => {
  await createProjects(schema, c);
  await createUsers(schema, c);
  await createGroups(schema, c);
  await createRoles(schema, c);
  await createCatalog(schema, c);
  await createTokenTables(schema, c, q);
});

async function createProjects(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('projects')
    .addColumn('id', c.id(), (col) => col.primaryKey())
    .addColumn('is_domain', c.bool(), (col) => col.notNull())
    .addColumn('domain_id', c.id(), (col) => col.references('projects.id'))
    .addColumn('parent_id', c.id(), (col) => col.references('projects.id'))
    .addColumn('name', c.string(64), (col) => col.notNull())
    .addColumn('name_space', c.id(), (col) => col.notNull())
    .addColumn('description', c.text(), (col) => col.notNull())
    .addColumn('enabled', c.bool(), (col) => col.notNull())
    .addColumn('options', c.json(), (col) => col.notNull())
    .addColumn('extra', c.json(), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'projects', ['name_space', 'name'], { unique: true });
  for (const column of ['name', 'domain_id', 'parent_id', 'is_domain']) await addIndex(schema, 'projects', [column]);
  await schema
    .createTable('project_tags')
    .addColumn('project_id', c.id(), (col) => col.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('name', c.string(), (col) => col.notNull())
    .addPrimaryKeyConstraint('project_tags_pk', ['project_id', 'name'])
    .execute();
  await addIndex(schema, 'project_tags', ['name']);
}

async function createUsers(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('users')
    .addColumn('id', c.id(), (col) => col.primaryKey())
    .addColumn('domain_id', c.id(), (col) => col.notNull().references('projects.id'))
    .addColumn('name', c.string(), (col) => col.notNull())
    .addColumn('enabled', c.bool(), (col) => col.notNull())
    .addColumn('default_project_id', c.id())
    .addColumn('options', c.json(), (col) => col.notNull())
    .addColumn('extra', c.json(), (col) => col.notNull())
    .addColumn('created_at', c.time(), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'users', ['domain_id', 'name'], { unique: true });
  for (const column of ['name', 'default_project_id']) await addIndex(schema, 'users', [column]);
  await schema
    .createTable('passwords')
    .addColumn('id', c.id(), (col) => col.primaryKey())
    .addColumn('user_id', c.id(), (col) => col.notNull().references('users.id').onDelete('cascade'))
    .addColumn('hash', c.string(), (col) => col.notNull())
    .addColumn('created_at', c.time(), (col) => col.notNull())
    .addColumn('expires_at', c.time())
    .execute();
  await addIndex(schema, 'passwords', ['user_id', 'created_at']);
  await addIndex(schema, 'passwords', ['expires_at']);
  await schema
    .createTable('bootstrap_passwords')
    .addColumn('user_id', c.id(), (col) => col.primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('hash', c.string(), (col) => col.notNull())
    .execute();
}

async function createGroups(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('user_groups')
    .addColumn('id', c.id(), (col) => col.primaryKey())
    .addColumn('domain_id', c.id(), (col) => col.notNull().references('projects.id'))
    .addColumn('name', c.string(64), (col) => col.notNull())
    .addColumn('description', c.text(), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'user_groups', ['domain_id', 'name'], { unique: true });
  await addIndex(schema, 'user_groups', ['name']);
  await schema
    .createTable('group_members')
    .addColumn('group_id', c.id(), (col) => col.notNull().references('user_groups.id').onDelete('cascade'))
    .addColumn('user_id', c.id(), (col) => col.notNull().references('users.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('group_members_pk', ['group_id', 'user_id'])
    .execute();
  await addIndex(schema, 'group_members', ['user_id']);
}

async function createRoles(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('roles')
    .addColumn('id', c.id(), (col) => col.primaryKey())
    .addColumn('domain_id', c.id(), (col) => col.references('projects.id'))
    .addColumn('name', c.string(), (col) => col.notNull())
    .addColumn('name_space', c.id(), (col) => col.notNull())
    .addColumn('description', c.text())
    .addColumn('options', c.json(), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'roles', ['name_space', 'name'], { unique: true });
  for (const column of ['name', 'domain_id']) await addIndex(schema, 'roles', [column]);
  await schema
    .createTable('implied_roles')
    .addColumn('prior_role_id', c.id(), (col) => col.notNull().references('roles.id').onDelete('cascade'))
    .addColumn('implied_role_id', c.id(), (col) => col.notNull().references('roles.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('implied_roles_pk', ['prior_role_id', 'implied_role_id'])
    .execute();
  await addIndex(schema, 'implied_roles', ['implied_role_id']);
  await schema
    .createTable('assignments')
    .addColumn('actor_kind', c.string(8), (col) => col.notNull())
    .addColumn('actor_id', c.id(), (col) => col.notNull())
    .addColumn('target_kind', c.string(8), (col) => col.notNull())
    .addColumn('target_id', c.id(), (col) => col.notNull())
    .addColumn('role_id', c.id(), (col) => col.notNull().references('roles.id').onDelete('cascade'))
    .addColumn('inherited', c.bool(), (col) => col.notNull())
    .addPrimaryKeyConstraint('assignments_pk', [
      'actor_id',
      'actor_kind',
      'target_kind',
      'target_id',
      'role_id',
      'inherited',
    ])
    .execute();
  await addIndex(schema, 'assignments', ['target_id', 'target_kind']);
  await addIndex(schema, 'assignments', ['role_id']);
}

async function createCatalog(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('regions')
    .addColumn('id', c.string(), (col) => col.primaryKey())
    .addColumn('parent_region_id', c.string(), (col) => col.references('regions.id'))
    .addColumn('description', c.string(), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'regions', ['parent_region_id']);
  await schema
    .createTable('services')
    .addColumn('id', c.id(), (col) => col.primaryKey())
    .addColumn('type', c.string(), (col) => col.notNull())
    .addColumn('name', c.string())
    .addColumn('description', c.text())
    .addColumn('enabled', c.bool(), (col) => col.notNull())
    .execute();
  for (const column of ['type', 'name']) await addIndex(schema, 'services', [column]);
  await schema
    .createTable('endpoints')
    .addColumn('id', c.id(), (col) => col.primaryKey())
    .addColumn('service_id', c.id(), (col) => col.notNull().references('services.id').onDelete('cascade'))
    .addColumn('region_id', c.string(), (col) => col.references('regions.id'))
    .addColumn('interface', c.string(8), (col) => col.notNull())
    .addColumn('url', c.text(), (col) => col.notNull())
    .addColumn('enabled', c.bool(), (col) => col.notNull())
    .execute();
  for (const column of ['service_id', 'region_id', 'interface']) await addIndex(schema, 'endpoints', [column]);
}

async function createTokenTables(schema: SchemaModule, c: Columns, q: UntypedQueries): Promise<void> {
  await schema
    .createTable('revocations')
    .addColumn('id', c.id(), (col) => col.primaryKey())
    .addColumn('audit_id', c.id())
    .addColumn('audit_chain_id', c.id())
    .addColumn('user_id', c.id())
    .addColumn('project_id', c.id())
    .addColumn('domain_id', c.id())
    .addColumn('issued_before', c.bigint(), (col) => col.notNull())
    .addColumn('revoked_at', c.time(), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'revocations', ['revoked_at']);
  await schema
    .createTable('changes')
    .addColumn('id', c.int(), (col) => col.primaryKey())
    .addColumn('counter', c.bigint(), (col) => col.notNull())
    .execute();
  await insertIgnore(q, 'changes', [{ id: 1, counter: 1 }]);
}
