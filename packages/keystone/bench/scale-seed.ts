/** Fills a Keystone's SQLite file, far faster than requests could. */
import { DatabaseSync } from 'node:sqlite';

export interface CloudSize {
  readonly users: number;
  readonly projects: number;
  readonly assignments: number;
  readonly groups: number;
}

export const SMALL: CloudSize = { users: 10, projects: 210, assignments: 120, groups: 5 };
export const LARGE: CloudSize = { users: 100_000, projects: 10_000, assignments: 1_000_000, groups: 1_000 };

/** Ids that are the same in every seeded cloud. */
export const SEEDED = {
  /** A domain with exactly 100 projects. */
  hundred: 'domain-of-hundred',
  /** The last of ten projects below each other; `deep-0` is the first, on which the role is given to be inherited. */
  deepest: 'deep-9',
  user: 'user-1',
  project: 'project-1',
} as const;

const DOMAINS = 20;
const CHAIN = 10;
const HUNDRED = 100;
const GROUPS_OF_ONE = 5;
const GIVEN_TO_GROUP = 4;

/**
 * Users `user-1`… with the password of the user `admin` have; each has a tenth of its roles by groups; `user-1` has a role
 * on `deep-0` for all that is below.
 */
export function seedCloud(path: string, size: CloudSize): void {
  const database = new DatabaseSync(path);
  database.exec('pragma synchronous = off; begin');
  const get = (sql: string) => database.prepare(sql).get() as Record<string, string>;
  const roles = ['member', 'reader', 'manager'].map((name) => get(`select id from roles where name = '${name}'`).id);
  seedPlaces(database, size);
  seedPeople(database, size);
  seedAssignments(database, size, roles as string[]);
  database.exec('update changes set counter = counter + 1; commit');
  database.close();
}

function seedPlaces(database: DatabaseSync, size: CloudSize): void {
  const insert = database.prepare(
    `insert into projects (id, is_domain, domain_id, parent_id, name, name_space, description, enabled, options, extra)
     values (?, ?, ?, ?, ?, ?, '', 1, '{}', '{}')`,
  );
  const domain = (id: string) => insert.run(id, 1, null, null, id, '');
  const project = (id: string, domainId: string, parentId = domainId) =>
    insert.run(id, 0, domainId, parentId, id, domainId);
  domain(SEEDED.hundred);
  for (let at = 0; at < HUNDRED; at += 1) project(`hundred-${at}`, SEEDED.hundred);
  const domains = Math.min(DOMAINS, Math.ceil(size.projects / 500));
  for (let at = 0; at < domains; at += 1) domain(`domain-${at}`);
  for (let at = 0; at < CHAIN; at += 1) project(`deep-${at}`, 'default', at === 0 ? 'default' : `deep-${at - 1}`);
  const rest = Math.max(1, size.projects - HUNDRED - CHAIN);
  for (let at = 1; at <= rest; at += 1) project(`project-${at}`, `domain-${at % domains}`);
}

function seedPeople(database: DatabaseSync, size: CloudSize): void {
  const { hash } = database
    .prepare("select hash from passwords inner join users on users.id = user_id where name = 'admin'")
    .get() as { hash: string };
  const now = '2026-11-22T15:00:00.000000';
  const user = database.prepare(
    `insert into users (id, domain_id, name, enabled, options, extra, created_at) values (?, 'default', ?, 1, '{}', '{}', '${now}')`,
  );
  const password = database.prepare('insert into passwords (id, user_id, hash, created_at) values (?, ?, ?, ?)');
  for (let at = 1; at <= size.users; at += 1) {
    user.run(`user-${at}`, `user-${at}`);
    password.run(`password-${at}`, `user-${at}`, hash, now);
  }
  const group = database.prepare(
    "insert into user_groups (id, domain_id, name, description) values (?, 'default', ?, '')",
  );
  for (let at = 0; at < size.groups; at += 1) group.run(`group-${at}`, `group-${at}`);
  const member = database.prepare('insert or ignore into group_members (group_id, user_id) values (?, ?)');
  for (let at = 1; at <= size.users; at += 1)
    for (let one = 0; one < Math.min(GROUPS_OF_ONE, size.groups); one += 1)
      member.run(`group-${(at * 7 + one * 13) % size.groups}`, `user-${at}`);
}

function seedAssignments(database: DatabaseSync, size: CloudSize, roles: readonly string[]): void {
  const insert = database.prepare('insert or ignore into assignments values (?, ?, ?, ?, ?, ?)');
  const rest = Math.max(1, size.projects - HUNDRED - CHAIN);
  insert.run('user', SEEDED.user, 'project', 'deep-0', roles[0] as string, 1);
  insert.run('user', SEEDED.user, 'project', SEEDED.project, roles[0] as string, 0);
  const ofGroups = size.groups * GIVEN_TO_GROUP;
  for (let at = 0; at < ofGroups; at += 1)
    insert.run(
      'group',
      `group-${at % size.groups}`,
      'project',
      `project-${1 + ((at * 31) % rest)}`,
      roles[1] as string,
      0,
    );
  const each = Math.ceil((size.assignments - ofGroups) / size.users);
  for (let user = 1; user <= size.users; user += 1)
    for (let at = 0; at < each; at += 1) {
      const project = `project-${1 + ((user * 17 + at * 101) % rest)}`;
      insert.run('user', `user-${user}`, 'project', project, roles[at % roles.length] as string, 0);
    }
}
