import type { Envelope } from './envelope.ts';

/** `{"error": {"code": 404, "message": "…", "title": "Not Found"}}`, the 401 included. */
export const keystoneEnvelope: Envelope = {
  name: 'keystone',
  contentType: 'application/json',
  ownUnauthorized: true,
  render: ({ status, title, message }) => JSON.stringify({ error: { code: status, message, title } }),
};
