import type { ForeignProject } from './foreign-tables.ts';
import { flag, object, options } from './foreign-values.ts';
import type { ImportTransaction } from './import-transaction.ts';
import { groupBy, pagesOf } from './pages.ts';

/** The row that stands for "above all domains". */
const ROOT = '<<keystone.domain.root>>';

/** Domains, projects with their parents, tags and options. */
export async function takeProjects(parts: ImportTransaction): Promise<void> {
  const { from, tx } = parts;
  // Domains first, and parents when all are there: both are referred to.
  for (const wantsDomains of [true, false]) {
    for await (const page of pagesOf(from, 'project', 'id')) {
      const wanted = page.filter((row) => row.id !== ROOT && (flag(row.is_domain) === 1) === wantsDomains);
      const ids = wanted.map((row) => row.id);
      if (ids.length === 0) continue;
      const set = groupBy(
        await from.selectFrom('project_option').selectAll().where('project_id', 'in', ids).execute(),
        'project_id',
      );
      const rows = wanted.map((row) => projectRow(row, options(set.get(row.id) ?? [])));
      await parts.insert('projects', rows);
    }
  }
  for await (const page of pagesOf(from, 'project', 'id')) {
    for (const { id, parent_id, is_domain } of page) {
      if (parent_id === null || parent_id === ROOT || flag(is_domain) === 1) continue;
      await tx.updateTable('projects').set({ parent_id }).where('id', '=', id).execute();
    }
  }
  for await (const page of pagesOf(from, 'project_tag', 'project_id'))
    await parts.insert(
      'project_tags',
      page.map(({ project_id, name }) => ({ project_id, name })),
    );
}

function projectRow(row: ForeignProject, set: Record<string, unknown>) {
  const isDomain = flag(row.is_domain);
  return {
    id: row.id,
    is_domain: isDomain,
    domain_id: isDomain ? null : row.domain_id,
    parent_id: null,
    name: row.name,
    name_space: isDomain ? '' : row.domain_id,
    description: row.description ?? '',
    enabled: flag(row.enabled, 1),
    options: JSON.stringify(set),
    extra: JSON.stringify(object(row.extra)),
  };
}
