import { badRequest } from '@kumo/core/errors';
import { revisionMismatch } from '../errors.ts';

/**
 * `If-Match: revision_number=7`.
 * @throws revisionMismatch when the resource has changed since, badRequest for another form.
 */
export function checkRevision(ifMatch: string | undefined, current: number): void {
  if (ifMatch === undefined) return;
  const expected = /^\s*revision_number=(\d{1,15})\s*$/.exec(ifMatch)?.[1];
  if (expected === undefined) throw badRequest({ message: 'If-Match must be of the form revision_number=N.' });
  if (Number(expected) !== current) throw revisionMismatch({ expected, current });
}
