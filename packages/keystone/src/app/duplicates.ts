import { isUniqueViolation } from '@kumo/core/db';
import { alreadyExists } from '../errors.ts';

/** Runs a write; of two things with one name the second is refused. */
export async function refusingDuplicates<T>(kind: string, name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isUniqueViolation(error)) throw alreadyExists({ kind, name }, { cause: error });
    throw error;
  }
}
