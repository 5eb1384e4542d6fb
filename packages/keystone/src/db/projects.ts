import {
  applyFilters,
  type DialectName,
  type Filter,
  forUpdate,
  KeptList,
  type Page,
  type PageOptions,
  pageQuery,
} from '@kumo/core/db';
import type { Kysely, SqlBool } from 'kysely';
import { inChunks } from './chunks.ts';
import type { KeystoneTables, ProjectRow } from './schema.ts';

type Q = Kysely<KeystoneTables>;

/** A project, or a domain with `isDomain`. */
export interface Project {
  readonly id: string;
  readonly isDomain: boolean;
  /** Null for domains. */
  readonly domainId: string | null;
  /** The project above, or the domain for a project at its top; null for domains. */
  readonly parentId: string | null;
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly options: Readonly<Record<string, unknown>>;
  readonly extra: Readonly<Record<string, unknown>>;
  /** Only a list says it (undefined: not looked for): most projects have none, and need no further look. */
  readonly hasTags?: boolean;
}

/** Undefined when there is none. */
export async function findProject(q: Q, id: string): Promise<Project | undefined> {
  const row = await q.selectFrom('projects').selectAll().where('id', '=', id).executeTakeFirst();
  return row && fromRow(row);
}

/** Nobody else changes it until the transaction is over. Undefined when there is none. */
export async function lockProject(
  tx: Q,
  db: { readonly dialect: DialectName },
  id: string,
): Promise<Project | undefined> {
  const row = await forUpdate(tx.selectFrom('projects').selectAll().where('id', '=', id), db).executeTakeFirst();
  return row && fromRow(row);
}

/** @param domainId null looks for a domain. */
export async function findProjectByName(q: Q, name: string, domainId: string | null): Promise<Project | undefined> {
  const row = await q
    .selectFrom('projects')
    .selectAll()
    .where('name_space', '=', domainId ?? '')
    .where('name', '=', name)
    .executeTakeFirst();
  return row && fromRow(row);
}

export async function findProjects(q: Q, ids: readonly string[]): Promise<Project[]> {
  const all = q.selectFrom('projects').selectAll();
  return (await inChunks(ids, (some) => all.where('id', 'in', [...some]).execute())).map(fromRow);
}

/** `tags`: all of `tags`, at least one of `tagsAny`, and the opposites. */
export interface TagFilters {
  readonly tags?: readonly string[];
  readonly tagsAny?: readonly string[];
  readonly notTags?: readonly string[];
  readonly notTagsAny?: readonly string[];
}

export async function listProjects(q: Q, options: PageOptions & { tagFilters?: TagFilters }): Promise<Page<Project>> {
  const { tags = [], tagsAny, notTags, notTagsAny } = options.tagFilters ?? {};
  let query = LIST.query(q);
  const tagged = (names: readonly string[]) =>
    q
      .selectFrom('project_tags')
      .select('project_id')
      .where('name', 'in', [...names]);
  for (const tag of tags) query = query.where('id', 'in', tagged([tag]));
  if (tagsAny) query = query.where('id', 'in', tagged(tagsAny));
  if (notTagsAny) query = query.where('id', 'not in', tagged(notTagsAny));
  if (notTags) {
    query = query.where((eb) => eb.not(eb.and(notTags.map((tag) => eb('id', 'in', tagged([tag]))))));
  }
  const isPlain = query === LIST.query(q);
  const page = await (isPlain ? LIST.page(q, options) : pageQuery(query, options));
  return { rows: page.rows.map(fromRow), hasMore: page.hasMore };
}

const LIST = new KeptList((q: Q) =>
  q
    .selectFrom('projects')
    .select(SHOWN)
    .select(({ exists, selectFrom, fn, val }) => [
      fn<string | null>('nullif', ['options', val('{}')]).as('options'),
      fn<string | null>('nullif', ['extra', val('{}')]).as('extra'),
      exists(selectFrom('project_tags').select('name').whereRef('project_id', '=', 'projects.id')).as('has_tags'),
    ]),
);

/** Whether any project matches. */
export async function someProject(q: Q, filters: readonly Filter[]): Promise<boolean> {
  const row = await applyFilters(q.selectFrom('projects').select('id'), filters).limit(1).executeTakeFirst();
  return row !== undefined;
}

export async function insertProject(tx: Q, project: Project): Promise<void> {
  await tx.insertInto('projects').values(toRow(project)).execute();
}

export async function updateProject(tx: Q, project: Project): Promise<void> {
  const { id, ...values } = toRow(project);
  await tx.updateTable('projects').set(values).where('id', '=', id).execute();
}

export async function deleteProject(tx: Q, id: string): Promise<void> {
  await tx.deleteFrom('projects').where('id', '=', id).execute();
}

/** The tags of each of some projects, in order. */
export async function tagsOf(q: Q, ids: readonly string[]): Promise<Map<string, string[]>> {
  const all = q.selectFrom('project_tags').selectAll().orderBy('name');
  const rows = await inChunks(ids, (some) => all.where('project_id', 'in', [...some]).execute());
  const tags = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const row of rows) tags.get(row.project_id)?.push(row.name);
  return tags;
}

export async function replaceTags(tx: Q, projectId: string, tags: readonly string[]): Promise<void> {
  await tx.deleteFrom('project_tags').where('project_id', '=', projectId).execute();
  const rows = [...new Set(tags)].map((name) => ({ project_id: projectId, name }));
  if (rows.length > 0) await tx.insertInto('project_tags').values(rows).execute();
}

/** All but what names are unique within. */
const SHOWN = [
  'id',
  'is_domain',
  'domain_id',
  'parent_id',
  'name',
  'description',
  'enabled',
] as const satisfies (keyof ProjectRow)[];
type ShownRow = Pick<ProjectRow, (typeof SHOWN)[number]> & {
  options: string | null;
  extra: string | null;
  has_tags?: SqlBool;
};

function fromRow(row: ShownRow): Project {
  return {
    id: row.id,
    isDomain: row.is_domain === 1,
    domainId: row.domain_id,
    parentId: row.parent_id,
    name: row.name,
    description: row.description,
    enabled: row.enabled === 1,
    options: parsed(row.options),
    extra: parsed(row.extra),
    hasTags: row.has_tags === undefined ? undefined : Boolean(row.has_tags),
  };
}

/** Of most projects: no options, nothing that clients added. */
const NOTHING: Readonly<Record<string, unknown>> = Object.freeze({});

function parsed(text: string | null): Readonly<Record<string, unknown>> {
  return text === null || text === '{}' ? NOTHING : JSON.parse(text);
}

function toRow(project: Project): ProjectRow {
  return {
    id: project.id,
    is_domain: Number(project.isDomain),
    domain_id: project.domainId,
    parent_id: project.parentId,
    name: project.name,
    name_space: project.domainId ?? '',
    description: project.description,
    enabled: Number(project.enabled),
    options: JSON.stringify(project.options),
    extra: JSON.stringify(project.extra),
  };
}
