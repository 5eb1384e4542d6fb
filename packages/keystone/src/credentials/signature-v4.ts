import { createHash, createHmac } from 'node:crypto';
import { canonicalQuery, type SignedRequest } from './signed-request.ts';

/** `20261122/RegionOne/ec2/aws4_request` */
interface Scope {
  readonly text: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** What of a request its signature of version 4 is about. */
export interface SignatureV4 {
  /** As it is signed: `20261122T150000Z`. */
  readonly date: string;
  readonly signature: string;
}

/**
 * What the signature of a request has to be by AWS Signature Version 4, with its parts in the `Authorization` header or in
 * the query. Undefined when the request is not of that version or contradicts itself.
 */
export function signatureV4(secret: string, request: SignedRequest): SignatureV4 | undefined {
  const headers = lowerCased(request.headers);
  const fields = fieldsOf(headers, request.params);
  const scope = scopeOf(fields?.Credential, request.access);
  const date = headers['x-amz-date'] ?? request.params['X-Amz-Date'];
  const signedHeaders = fields?.SignedHeaders;
  if (!scope || signedHeaders === undefined || date === undefined || !date.startsWith(scope.date)) return undefined;
  const canonical = [
    request.verb.toUpperCase(),
    request.path,
    // A POST's parameters are its body.
    request.verb.toUpperCase() === 'POST' ? '' : canonicalQuery(request.params),
    ...canonicalHeaders(headers, signedHeaders),
    '',
    signedHeaders,
    request.bodyHash,
  ].join('\n');
  const digest = createHash('sha256').update(canonical, 'utf8').digest('hex');
  const text = ['AWS4-HMAC-SHA256', date, scope.text, digest].join('\n');
  return { date, signature: signV4(secret, scope, text) };
}

/** The signature of a text for a day, region and service. */
export function signV4(
  secret: string,
  scope: Pick<Scope, 'date' | 'region' | 'service'>,
  text: string | Buffer,
): string {
  const key = [scope.date, scope.region, scope.service, 'aws4_request'].reduce<string | Buffer>(
    (from, part) => createHmac('sha256', from).update(part, 'utf8').digest(),
    `AWS4${secret}`,
  );
  return createHmac('sha256', key).update(text).digest('hex');
}

/** The scope in a `Credential` that begins with the access key. */
function scopeOf(credential: string | undefined, access: string): Scope | undefined {
  const [key, date, region, service, end, ...more] = credential?.split('/') ?? [];
  if (key !== access || end !== 'aws4_request' || more.length > 0) return undefined;
  if (date === undefined || !/^\d{8}$/.test(date) || !region || !service) return undefined;
  return { text: [date, region, service, end].join('/'), date, region, service };
}

function fieldsOf(
  headers: Readonly<Record<string, string>>,
  params: Readonly<Record<string, string>>,
): Readonly<Record<string, string | undefined>> | undefined {
  const [, listed] = /^AWS4-HMAC-SHA256\s+(.*)$/.exec(headers.authorization ?? '') ?? [];
  if (listed !== undefined)
    return Object.fromEntries(
      listed.split(',').map((part) => {
        const [name = '', ...value] = part.trim().split('=');
        return [name, value.join('=')];
      }),
    );
  if (params['X-Amz-Algorithm'] !== 'AWS4-HMAC-SHA256') return undefined;
  return { Credential: params['X-Amz-Credential'], SignedHeaders: params['X-Amz-SignedHeaders'] };
}

function canonicalHeaders(headers: Readonly<Record<string, string>>, signed: string): string[] {
  return signed.split(';').flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [`${name}:${value.trim().replace(/ +/g, ' ')}`];
  });
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.trim().toLowerCase(), value]));
}
