import { timingSafeEqual } from 'node:crypto';

/** A request that was signed with an EC2 key, as EC2's front end describes it to `POST /v3/ec2tokens`. */
export interface SignedRequest {
  readonly access: string;
  readonly signature: string;
  readonly host: string;
  readonly verb: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body, in hexadecimal. */
  readonly bodyHash: string;
}

/** Whether two signatures are the same, without telling by the time where they differ. */
export function isSameSignature(shown: string, expected: string): boolean {
  const [a, b] = [Buffer.from(shown), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Percent-encoded as AWS signs it: all but letters, digits, `-`, `_`, `.` and `~`. */
export function awsEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A query in the order and encoding that is signed; the signature itself is none of it. */
export function canonicalQuery(params: Readonly<Record<string, string>>): string {
  return Object.entries(params)
    .filter(([name]) => name !== 'Signature' && name !== 'X-Amz-Signature')
    .map(([name, value]) => [awsEncode(name), awsEncode(value)] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** Milliseconds since the epoch of `20261122T150000Z` and of ISO 8601 times; NaN for anything else. */
export function signedTime(text: string | undefined): number {
  const basic = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '');
  if (basic) {
    const [year, month, day, hour, minute, second] = basic.slice(1);
    return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  }
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)?$/.test(text ?? '')) return Number.NaN;
  return Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(text as string) ? (text as string) : `${text}Z`);
}
