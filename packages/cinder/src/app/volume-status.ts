import type { Transaction } from 'kysely';
import { type Attachment, attachmentsOf } from '../db/attachments.ts';
import type { Schema } from '../db/schema.ts';
import { changeVolume, type Volume } from '../db/volumes.ts';

/** What the attachments alone make of a volume: the furthest of them counts. */
export function attachedStatus(attachments: readonly Pick<Attachment, 'status'>[]): string {
  const statuses = new Set(attachments.map(({ status }) => status));
  if (statuses.has('attached')) return 'in-use';
  if (statuses.has('attaching')) return 'attaching';
  if (statuses.has('detaching')) return 'detaching';
  return statuses.has('reserved') ? 'reserved' : 'available';
}

/** Statuses that say something about attachments, and nothing else. */
const OF_ATTACHMENT = new Set(['available', 'reserved', 'attaching', 'in-use', 'detaching']);

/**
 * Brings a locked volume's status in line with its attachments. While something else goes on (extending, uploading),
 * or it has failed, that stays to be seen, and the new status is what comes after it.
 */
export async function settleStatus(tx: Transaction<Schema>, volume: Volume): Promise<void> {
  const status = attachedStatus(await attachmentsOf(tx, [volume.id]));
  if (OF_ATTACHMENT.has(volume.status)) await changeVolume(tx, volume.id, { status });
  else if (volume.previousStatus !== null) await changeVolume(tx, volume.id, { previousStatus: status });
}
