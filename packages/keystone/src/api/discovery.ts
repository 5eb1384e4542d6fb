import { operation } from '@kumo/core/http';

/** Both documents come as plain JSON or, for clients that ask for it, as JSON-home: hence the raw answer. */
export const listVersions = operation({
  name: 'listVersions',
  method: 'GET',
  path: '/',
  head: true,
  summary: 'The versions of this API',
  policy: 'none',
  stream: 'response',
  status: 300,
});

export const showVersion = operation({
  name: 'showVersion',
  method: 'GET',
  path: '/v3',
  head: true,
  summary: 'Version 3 of this API',
  policy: 'none',
  stream: 'response',
  status: 200,
});
