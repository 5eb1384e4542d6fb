import { createHmac } from 'node:crypto';
import { canonicalQuery, type SignedRequest } from './signed-request.ts';

/**
 * What the signature of a request has to be by AWS Signature Version 2, HMAC-SHA256; undefined when it is not of that
 * version. Versions 0 and 1, which sign next to nothing, are not served.
 * @param host as the client may have signed it: with or without the port.
 */
export function signatureV2(secret: string, request: SignedRequest, host: string): string | undefined {
  if (request.params.SignatureVersion !== '2') return undefined;
  const params = { ...request.params, SignatureMethod: 'HmacSHA256' };
  const text = [request.verb, host, request.path, canonicalQuery(params)].join('\n');
  return createHmac('sha256', secret).update(text, 'utf8').digest('base64');
}
