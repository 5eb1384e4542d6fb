import { KumoError } from '@kumo/core/errors';

/** The answer, or undefined when the thing asked for does not exist (404). */
export function unlessAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  return unless(asked, ['notFound']);
}

/** The same, also when the user may not have it done (403). */
export function unlessRefused<T>(asked: Promise<T>): Promise<T | undefined> {
  return unless(asked, ['notFound', 'forbidden']);
}

async function unless<T>(asked: Promise<T>, kinds: readonly KumoError['kind'][]): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof KumoError && kinds.includes(error.kind)) return undefined;
    throw error;
  }
}
