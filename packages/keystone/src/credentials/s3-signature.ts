import { createHmac } from 'node:crypto';
import { signV4 } from './signature-v4.ts';
import { signedTime } from './signed-request.ts';

/** What the signature of a text has to be, and when it was signed. */
export interface S3Signature {
  readonly signature: string;
  /** Milliseconds since the epoch; NaN when the text does not say. */
  readonly signedAtMs: number;
  /** Of a presigned link of version 2: when it ends. */
  readonly endsAtMs?: number;
}

const SERVICES = new Set(['s3', 'iam', 'sts']);

/** Of a text that an S3 front end shows: S3's own first scheme, or Signature Version 4. Undefined when it is neither. */
export function s3Signature(secret: string, text: Buffer): S3Signature | undefined {
  return text.subarray(0, 4).toString('latin1') === 'AWS4' ? ofVersion4(secret, text) : ofFirstScheme(secret, text);
}

/** `AWS4-HMAC-SHA256`, time, scope and digest, a line each. */
function ofVersion4(secret: string, text: Buffer): S3Signature | undefined {
  const [algorithm, time, scope, digest, ...more] = text.toString('utf8').split('\n');
  if (algorithm !== 'AWS4-HMAC-SHA256' || digest === undefined || more.length > 0) return undefined;
  const [date, region, service, end, ...rest] = (scope as string).split('/');
  if (!date || !region || !service || end !== 'aws4_request' || rest.length > 0) return undefined;
  if (!SERVICES.has(service) || !time?.startsWith(date)) return undefined;
  return { signature: signV4(secret, { date, region, service }, text), signedAtMs: signedTime(time) };
}

/** Verb, MD5, type, then the date: an HTTP date, seconds since the epoch of a link's end, or empty beside `x-amz-date`. */
function ofFirstScheme(secret: string, text: Buffer): S3Signature {
  const signature = createHmac('sha1', secret).update(text).digest('base64');
  const lines = text.toString('utf8').split('\n');
  const date = lines[3] ?? '';
  if (/^\d{1,12}$/.test(date)) return { signature, signedAtMs: Number.NaN, endsAtMs: Number(date) * 1000 };
  const own = lines.find((line) => line.startsWith('x-amz-date:'))?.slice('x-amz-date:'.length);
  const shown = (own ?? date).trim();
  const iso = signedTime(shown);
  return { signature, signedAtMs: Number.isNaN(iso) ? httpDate(shown) : iso };
}

/** `Sun, 22 Nov 2026 15:00:00 GMT` */
function httpDate(text: string): number {
  return /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (?:GMT|\+0000)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
}
