import { type BadRequest, refused } from './bad-request.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

/** Bodies that are no JSON of the right kind, for one operation of every service that takes one. */
export const bodyRequests = (): BadRequest[] =>
  (
    [
      ['identity', '/projects', 'admin', 400],
      ['image', '/images', 'demo', 400],
      ['compute', '/servers', 'demo', 400],
      ['network', '/networks', 'demo', 400],
      ['volume', '/volumes', 'demo', 400],
      ['placement', '/resource_providers', 'admin', 400],
    ] as const
  ).flatMap(([service, path, as, status]) => {
    const bad = refused(service);
    const withBytes = (bytes: Uint8Array) => ({ as, headers: JSON_TYPE, body: bytes });
    return [
      bad('JSON that breaks off', status, 'POST', path, withBytes(Buffer.from('{"a": '))),
      bad(
        'invalid UTF-8',
        status,
        'POST',
        path,
        withBytes(Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xc3, 0x28, 0x22, 0x7d])),
      ),
      bad('a list instead of an object', status, 'POST', path, withBytes(Buffer.from('[]'))),
      bad('no body', status, 'POST', path, { as, headers: JSON_TYPE }),
    ];
  });
