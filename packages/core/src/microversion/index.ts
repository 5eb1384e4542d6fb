/**
 * Marks on schemas and one-step changes: handlers know the newest shape only.
 *
 * `since('2.90', schema)`, `until('2.57', schema)` (last version that has it is 2.56), `changed('2.37', newSchema,
 * oldSchema)` marks on fields; `change(version, why, before(op, { request?, reply? }))`;
 * `schemaAt(schema, version)` (memoised), `pruneAt(schema, version)` → `(value) => value` without fields younger than the
 * version; `negotiate(headers, range)`.
 */

export {
  applyReplyChanges,
  applyRequestChanges,
  before,
  type Change,
  change,
  type Edit,
  type EditedOperation,
} from './changes.ts';
export { changed, since, until } from './marks.ts';
export {
  negotiate,
  type RequestHeaders,
  type VersionRange,
  versionMalformed,
  versionNotSupported,
} from './negotiate.ts';
export { pruneAt } from './prune-at.ts';
export { schemaAt } from './schema-at.ts';
export { compareVersion, formatVersion, parseVersion, type VersionLike } from './version.ts';
