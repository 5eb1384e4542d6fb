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
