import { wireTime } from '@kumo/core/http';

interface StandardRecord {
  id: string;
  projectId: string;
  description: string;
  createdAt: string;
  updatedAt: string;
  revisionNumber: number;
}

/** What every standard resource shows alike, without name and tags. */
export function standardFields(record: StandardRecord) {
  return {
    id: record.id,
    tenant_id: record.projectId,
    project_id: record.projectId,
    description: record.description,
    created_at: wireTime(record.createdAt),
    updated_at: wireTime(record.updatedAt),
    revision_number: record.revisionNumber,
  };
}

/** Wire names by which standard resources are sorted. */
export const standardSorts = {
  id: 'id',
  tenant_id: 'projectId',
  project_id: 'projectId',
  description: 'description',
  created_at: 'createdAt',
  updated_at: 'updatedAt',
  revision_number: 'revisionNumber',
} as const;

/** Takes out what the caller may not see: each of `attributes` is asked about. */
export function without<T extends object>(
  body: T,
  attributes: readonly string[],
  mayNot: (attribute: string) => boolean,
): T {
  const hidden = new Set(attributes.filter((attribute) => mayNot(attribute)));
  if (hidden.size === 0) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => !hidden.has(name))) as T;
}
