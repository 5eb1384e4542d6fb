import { operation } from '@kumo/core/http';
import { Links } from '@kumo/core/schema';
import { Type as T } from 'typebox';

/** Discovery; the shape is Placement's own. */
export const showRoot = operation({
  name: 'showRoot',
  method: 'GET',
  path: '/',
  policy: 'none',
  reply: T.Object({
    versions: T.Array(
      T.Object({ id: T.String(), status: T.String(), min_version: T.String(), max_version: T.String(), links: Links }),
    ),
  }),
});
