import { type Db, forUpdate, insertIgnore, nowIso, upsert } from '@kumo/core/db';
import type { Transaction } from 'kysely';
import { insertAssignment, SYSTEM_TARGET } from '../db/assignments.ts';
import {
  findRegion,
  insertEndpoint,
  insertRegion,
  insertService,
  listEndpoints,
  listServices,
  updateEndpoint,
} from '../db/catalog.ts';
import type { Changes } from '../db/changes.ts';
import { addPassword } from '../db/passwords.ts';
import { findProject, findProjectByName, insertProject, type Project } from '../db/projects.ts';
import { findRoleByName, insertRole } from '../db/roles.ts';
import type { KeystoneTables, TargetKind } from '../db/schema.ts';
import { findUserByName, insertUser } from '../db/users.ts';
import type { PasswordHasher } from '../passwords/password-hasher.ts';
import { newId } from './new-id.ts';
import type { RevokedTokens } from './revoked-tokens.ts';

type Tx = Transaction<KeystoneTables>;

/** What a cloud begins with. */
export interface KeystoneBootstrap {
  readonly adminPassword: string;
  readonly demoPassword: string;
  /** The services' own users, with the roles admin and service on project `service`. */
  readonly serviceUsers: readonly { readonly name: string; readonly password: string }[];
  readonly region: string;
  readonly endpoints: readonly BootstrapEndpoint[];
}

export interface BootstrapEndpoint {
  readonly name: string;
  readonly type: string;
  readonly description?: string;
  readonly publicUrl: string;
  readonly internalUrl: string;
  readonly adminUrl: string;
}

const DEFAULT_DOMAIN = 'default';
const ROLES = ['admin', 'manager', 'member', 'reader', 'service'] as const;
type RoleName = (typeof ROLES)[number];
const PROJECTS = ['admin', 'service', 'demo'] as const;

interface BootstrapParts {
  readonly db: Db<KeystoneTables>;
  readonly changes: Changes;
  readonly hasher: PasswordHasher;
  readonly revoked: RevokedTokens;
}

/** Nobody shall stop a service by guessing at its password, and nobody is there to change it. */
const OF_SERVICES = {
  ignore_lockout_failure_attempts: true,
  ignore_password_expiry: true,
  ignore_change_password_upon_first_use: true,
  ignore_user_inactivity: true,
};

/** A user with the hash of its password, if that is new. */
interface Planned {
  readonly name: string;
  readonly options: Record<string, unknown>;
  readonly newHash: string | undefined;
}

/**
 * Makes sure that everything a cloud needs to log in is there; run at every start, changes what is missing and nothing else.
 * A password is set when the user is new or the configured password is another than the one set before: users keep a
 * password that they changed themselves.
 */
export async function bootstrapKeystone(parts: BootstrapParts, wanted: KeystoneBootstrap): Promise<void> {
  const { db, changes } = parts;
  const passwords = [
    { name: 'admin', password: wanted.adminPassword, options: {} },
    { name: 'demo', password: wanted.demoPassword, options: {} },
    ...wanted.serviceUsers.map((user) => ({ ...user, options: OF_SERVICES })),
  ];
  const planned = await Promise.all(passwords.map((one) => plan(parts, one)));
  await changes.write(async (tx) => {
    // Keystones that start together take turns.
    await forUpdate(tx.selectFrom('changes').select('id').where('id', '=', 1), db).execute();
    const projects = await ensureProjects(tx);
    const roles = await ensureRoles(tx);
    const users = new Map<string, string>();
    for (const user of planned) users.set(user.name, await ensureUser(tx, parts.revoked, user));
    const give = (user: string, role: RoleName, targetKind: TargetKind, targetId: string) =>
      insertAssignment(tx, {
        actorKind: 'user',
        actorId: users.get(user) as string,
        targetKind,
        targetId,
        roleId: roles[role],
        inherited: false,
      });
    await give('admin', 'admin', 'system', SYSTEM_TARGET);
    await give('admin', 'admin', 'domain', DEFAULT_DOMAIN);
    await give('admin', 'admin', 'project', projects.admin);
    await give('admin', 'admin', 'project', projects.demo);
    await give('demo', 'member', 'project', projects.demo);
    for (const { name } of wanted.serviceUsers) {
      await give(name, 'admin', 'project', projects.service);
      await give(name, 'service', 'project', projects.service);
    }
    await ensureCatalog(tx, wanted);
  });
}

async function plan(
  { db, hasher }: BootstrapParts,
  user: { name: string; password: string; options: Record<string, unknown> },
): Promise<Planned> {
  const row = await db.q
    .selectFrom('bootstrap_passwords')
    .innerJoin('users', 'users.id', 'bootstrap_passwords.user_id')
    .select('bootstrap_passwords.hash')
    .where('users.domain_id', '=', DEFAULT_DOMAIN)
    .where('users.name', '=', user.name)
    .executeTakeFirst();
  const isSet = row !== undefined && (await hasher.verify(user.password, row.hash));
  return { name: user.name, options: user.options, newHash: isSet ? undefined : await hasher.hash(user.password) };
}

async function ensureProjects(tx: Tx): Promise<Record<(typeof PROJECTS)[number], string>> {
  const blank = { isDomain: false, description: '', enabled: true, options: {}, extra: {} };
  if (!(await findProject(tx, DEFAULT_DOMAIN))) {
    const domain: Project = {
      ...blank,
      id: DEFAULT_DOMAIN,
      name: 'Default',
      isDomain: true,
      domainId: null,
      parentId: null,
    };
    await insertProject(tx, { ...domain, description: 'The default domain' });
  }
  const ids: Record<string, string> = {};
  for (const name of PROJECTS) {
    const known = await findProjectByName(tx, name, DEFAULT_DOMAIN);
    ids[name] = known?.id ?? newId();
    if (!known)
      await insertProject(tx, { ...blank, id: ids[name], name, domainId: DEFAULT_DOMAIN, parentId: DEFAULT_DOMAIN });
  }
  return ids as Record<(typeof PROJECTS)[number], string>;
}

/** admin implies manager, manager member, member reader. */
async function ensureRoles(tx: Tx): Promise<Record<RoleName, string>> {
  const ids: Record<string, string> = {};
  const created = new Set<string>();
  for (const name of ROLES) {
    const known = await findRoleByName(tx, name, null);
    ids[name] = known?.id ?? newId();
    if (known) continue;
    await insertRole(tx, { id: ids[name], name, domainId: null, description: null, options: {}, extra: {} });
    created.add(name);
  }
  for (const [prior, implied] of [
    ['admin', 'manager'],
    ['manager', 'member'],
    ['member', 'reader'],
  ] as const) {
    // An implication that an operator took away stays away.
    if (!created.has(prior) && !created.has(implied)) continue;
    await insertIgnore(tx, 'implied_roles', [
      { prior_role_id: ids[prior] as string, implied_role_id: ids[implied] as string },
    ]);
  }
  return ids as Record<RoleName, string>;
}

async function ensureUser(tx: Tx, revoked: RevokedTokens, { name, options, newHash }: Planned): Promise<string> {
  const known = await findUserByName(tx, name, DEFAULT_DOMAIN);
  const id = known?.id ?? newId();
  const createdAt = nowIso();
  if (!known) {
    const blank = { defaultProjectId: null, options, extra: {} };
    await insertUser(tx, { ...blank, id, name, domainId: DEFAULT_DOMAIN, enabled: true, createdAt });
  }
  if (newHash !== undefined) {
    await addPassword(
      tx,
      { id: newId(), userId: id, hash: newHash, createdAt, expiresAt: null, selfService: false },
      0,
    );
    await upsert(tx, 'bootstrap_passwords', { user_id: id, hash: newHash }, ['user_id'], ['hash']);
    if (known) await revoked.revoke(tx, { userId: id });
  }
  return id;
}

async function ensureCatalog(tx: Tx, { region, endpoints }: KeystoneBootstrap): Promise<void> {
  if (!(await findRegion(tx, region)))
    await insertRegion(tx, { id: region, parentRegionId: null, description: '', extra: {} });
  const blank = { enabled: true, extra: {} };
  const services = (await listServices(tx, {})).rows;
  const present = (await listEndpoints(tx, {})).rows;
  for (const wanted of endpoints) {
    const { name, type, description = '' } = wanted;
    let serviceId = services.find((one) => one.type === type && one.name === name)?.id;
    if (serviceId === undefined) {
      serviceId = newId();
      await insertService(tx, { ...blank, id: serviceId, type, name, description });
    }
    const urls = { public: wanted.publicUrl, internal: wanted.internalUrl, admin: wanted.adminUrl };
    for (const [side, url] of Object.entries(urls)) {
      const known = present.find(
        (one) => one.serviceId === serviceId && one.interface === side && one.regionId === region,
      );
      if (!known)
        await insertEndpoint(tx, { ...blank, id: newId(), serviceId, regionId: region, interface: side, url });
      else if (known.url !== url) await updateEndpoint(tx, { ...known, url });
    }
  }
}
