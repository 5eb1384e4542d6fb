import { createHash } from 'node:crypto';
import { invalid } from '../errors.ts';

/** What an EC2 credential's blob says, beside what clients add. */
export interface Ec2Blob {
  readonly access: string;
  readonly secret?: unknown;
  /** What the key was made under and never goes beyond. */
  readonly trust_id?: unknown;
  readonly app_cred_id?: unknown;
  readonly access_token_id?: unknown;
  readonly access_id?: unknown;
}

/** Never changed once a credential is made (OSSA-2020-004). */
export const BOUND_KEYS = ['trust_id', 'app_cred_id', 'access_token_id', 'access_id'] as const;

/** @throws invalid for what is not JSON, or has no access key. */
export function parseEc2Blob(blob: string): Ec2Blob {
  let value: unknown;
  try {
    value = JSON.parse(blob);
  } catch (cause) {
    throw invalid({ message: 'blob must be a JSON object with an access key and a secret, as a text.' }, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw missing('blob');
  const { access } = value as { access?: unknown };
  if (typeof access !== 'string') throw missing('access');
  return value as Ec2Blob;
}

/** The id of the credential of an access key. */
export function ec2Id(access: string): string {
  return createHash('sha256').update(access, 'utf8').digest('hex');
}

function missing(attribute: string): Error {
  return invalid({
    message: `Expecting to find ${attribute} in credential. The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.`,
  });
}
