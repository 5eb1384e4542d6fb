import { addIndex, migration } from '@kumo/core/db';

/** Pages of OS-REVOKE's list, whose order is that of the times and, among equal ones, of the ids. */
export const revocationsInOrder = migration('0009-revocations-in-order', (schema) =>
  addIndex(schema, 'revocations', ['revoked_at', 'id']),
);
