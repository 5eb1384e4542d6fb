import { isForeignKeyViolation, isUniqueViolation } from '@kumo/core/db';
import type { KumoError } from '@kumo/core/errors';

/**
 * Runs a write that the database may refuse, although what it needs was seen to be there a moment ago.
 * @param errors `duplicate` for a second one of the same key, `gone` where a reference has no other end (any more), or
 *   still has one.
 */
export async function refusingReferences<T>(
  write: () => Promise<T>,
  errors: { duplicate?: KumoError; gone?: KumoError },
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (errors.duplicate && isUniqueViolation(error)) throw errors.duplicate;
    if (errors.gone && isForeignKeyViolation(error)) throw errors.gone;
    throw error;
  }
}
