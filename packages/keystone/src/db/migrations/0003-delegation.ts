import { addIndex, type Columns, migration } from '@kumo/core/db';
import type { SchemaModule } from 'kysely';

/** Trusts and application credentials. Users have no foreign keys here: they may live in a directory. */
export const delegation = migration('0003-delegation', async (schema, c) => {
  await createTrusts(schema, c);
  await createApplicationCredentials(schema, c);
});

async function createTrusts(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('trusts')
    .addColumn('id', c.id(), (col) => col.primaryKey())
    .addColumn('trustor_user_id', c.id(), (col) => col.notNull())
    .addColumn('trustee_user_id', c.id(), (col) => col.notNull())
    .addColumn('project_id', c.id(), (col) => col.references('projects.id').onDelete('cascade'))
    .addColumn('impersonation', c.bool(), (col) => col.notNull())
    .addColumn('expires_at', c.time())
    .addColumn('remaining_uses', c.int())
    .addColumn('redelegated_trust_id', c.id(), (col) => col.references('trusts.id').onDelete('cascade'))
    .addColumn('redelegation_count', c.int(), (col) => col.notNull())
    .addColumn('extra', c.json(), (col) => col.notNull())
    .execute();
  const sameTrust = ['trustor_user_id', 'trustee_user_id', 'project_id', 'impersonation', 'expires_at'];
  await addIndex(schema, 'trusts', sameTrust, { unique: true });
  for (const column of ['trustor_user_id', 'trustee_user_id']) await addIndex(schema, 'trusts', [column, 'id']);
  for (const column of ['project_id', 'redelegated_trust_id']) await addIndex(schema, 'trusts', [column]);
  await schema
    .createTable('trust_roles')
    .addColumn('trust_id', c.id(), (col) => col.notNull().references('trusts.id').onDelete('cascade'))
    .addColumn('role_id', c.id(), (col) => col.notNull())
    .addPrimaryKeyConstraint('trust_roles_pk', ['trust_id', 'role_id'])
    .execute();
}

async function createApplicationCredentials(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('application_credentials')
    .addColumn('id', c.id(), (col) => col.primaryKey())
    .addColumn('user_id', c.id(), (col) => col.notNull())
    .addColumn('project_id', c.id(), (col) => col.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('name', c.string(), (col) => col.notNull())
    .addColumn('description', c.text())
    .addColumn('secret_hash', c.string(), (col) => col.notNull())
    .addColumn('expires_at', c.time())
    .addColumn('unrestricted', c.bool(), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'application_credentials', ['user_id', 'name'], { unique: true });
  await addIndex(schema, 'application_credentials', ['user_id', 'id']);
  await addIndex(schema, 'application_credentials', ['project_id']);
  await schema
    .createTable('application_credential_roles')
    .addColumn('application_credential_id', c.id(), (col) =>
      col.notNull().references('application_credentials.id').onDelete('cascade'),
    )
    .addColumn('role_id', c.id(), (col) => col.notNull())
    .addPrimaryKeyConstraint('application_credential_roles_pk', ['application_credential_id', 'role_id'])
    .execute();
  await addIndex(schema, 'application_credential_roles', ['role_id']);
  await createAccessRules(schema, c);
}

async function createAccessRules(schema: SchemaModule, c: Columns): Promise<void> {
  await schema
    .createTable('access_rules')
    .addColumn('id', c.id(), (col) => col.primaryKey())
    .addColumn('user_id', c.id(), (col) => col.notNull())
    .addColumn('service', c.id(), (col) => col.notNull())
    .addColumn('method', c.string(16), (col) => col.notNull())
    .addColumn('path', c.string(225), (col) => col.notNull())
    .execute();
  await addIndex(schema, 'access_rules', ['user_id', 'service', 'path', 'method'], { unique: true });
  await addIndex(schema, 'access_rules', ['user_id', 'id']);
  await schema
    .createTable('application_credential_access_rules')
    .addColumn('application_credential_id', c.id(), (col) =>
      col.notNull().references('application_credentials.id').onDelete('cascade'),
    )
    .addColumn('access_rule_id', c.id(), (col) => col.notNull().references('access_rules.id'))
    .addPrimaryKeyConstraint('application_credential_access_rules_pk', ['application_credential_id', 'access_rule_id'])
    .execute();
  await addIndex(schema, 'application_credential_access_rules', ['access_rule_id']);
}
