import { insertIgnore } from '@kumo/core/db';
import type { Transaction } from 'kysely';
import type { KeystoneTables } from './schema.ts';
import type { UsedPasscodeRow } from './schema-tokens.ts';

/** Whether it was not there yet; those of periods before `oldest` go. */
export async function takePasscode(
  tx: Transaction<KeystoneTables>,
  row: UsedPasscodeRow,
  oldest: number,
): Promise<boolean> {
  const inserted = await insertIgnore(tx, 'used_passcodes', [row]);
  if (inserted > 0) await tx.deleteFrom('used_passcodes').where('period', '<', oldest).execute();
  return inserted > 0;
}
