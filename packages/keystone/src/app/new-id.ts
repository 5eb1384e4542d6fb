import { randomUUID } from 'node:crypto';

/** An id as Keystone makes them: a UUID without its hyphens. */
export function newId(): string {
  return randomUUID().replaceAll('-', '');
}
