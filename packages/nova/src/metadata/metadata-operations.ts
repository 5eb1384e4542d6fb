import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';

const headers = T.Object({
  'x-instance-id': T.Optional(T.String({ maxLength: 64 })),
  'x-tenant-id': T.Optional(T.String({ maxLength: 64 })),
  'x-instance-id-signature': T.Optional(T.String({ maxLength: 128 })),
});

/** Guests ask without a token; Neutron's proxy vouches for them. */
const spec = { method: 'GET', policy: 'none', headers, stream: 'response', errors: [400, 403, 404] } as const;

export const showMetadataRoot = operation({ ...spec, name: 'showMetadataRoot', path: '/' });
export const showMetadata = operation({ ...spec, name: 'showMetadata', path: '/{path*}' });
