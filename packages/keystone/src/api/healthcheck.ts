import { operation } from '@kumo/core/http';

/** As oslo.middleware answers: text, or JSON for who prefers it; 503 while this Keystone should get no requests. */
export const showHealth = operation({
  name: 'showHealth',
  method: 'GET',
  path: '/healthcheck',
  summary: 'Whether this Keystone can serve requests',
  policy: 'none',
  stream: 'response',
  status: 200,
  errors: [503],
});

export const checkHealth = operation({
  name: 'checkHealth',
  method: 'HEAD',
  path: '/healthcheck',
  policy: 'none',
  status: 204,
  errors: [503],
});
