import { KumoError } from '@kumo/core/errors';

/** The answer, or undefined when the thing asked for does not exist (404). */
export async function unlessAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof KumoError && error.kind === 'notFound') return undefined;
    throw error;
  }
}
