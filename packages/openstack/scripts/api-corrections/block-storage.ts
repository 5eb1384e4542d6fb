import type { Correction } from './correction.ts';

const NOTE = "A policy's own note names it so: Cinder has no such route.";

export const BLOCK_STORAGE: readonly Correction[] = [
  { by: 'group', where: /^Consistency group/, leftOut: 'Deprecated for generic volume groups, which replace them.' },
  { by: 'path', where: /os-(volume|snapshot)-manage/, leftOut: 'Of version 2, replaced by the manageable resources.' },
  {
    by: 'path',
    isUnpublished: true,
    where:
      /^\/v3\/(clusters\/\{cluster_id\}|types|volumes|default-types|volume_transfers|os-services\/\{action\}|backups\/\{backup_id\}\/(im|ex)port_record|snapshots\/\{\w*\}\/action.*|os-quota-sets\/\{project_id\}\/default|snapshots\/\{\}\/metadata\/\{\}|group_snapshots\/\{group_snapshot_id\})$/,
    leftOut: NOTE,
  },
  { by: 'path', where: /^\/$/, success: [300] },
];
