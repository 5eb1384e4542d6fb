import type { Envelope } from './envelope.ts';

/** The 401 of every service behind keystonemiddleware: not the service speaks, but the filter in front of it. */
export const middlewareUnauthorized: Envelope = {
  name: 'keystonemiddleware',
  contentType: 'application/json',
  render: ({ message }) => JSON.stringify({ error: { code: 401, title: 'Unauthorized', message } }),
};
