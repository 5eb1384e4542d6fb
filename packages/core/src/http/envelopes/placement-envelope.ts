import type { Envelope } from './envelope.ts';

/**
 * `{"errors": [{"status", "title", "detail", "code", "request_id"}]}`. A service's own codes (`placement.inventory.inuse`) are
 * those with a dot; everything else is undefined there.
 */
export const placementEnvelope: Envelope = {
  name: 'placement',
  contentType: 'application/json',
  render: ({ status, title, message, code, requestId, error }) =>
    JSON.stringify({
      errors: [
        {
          status,
          title,
          detail: message,
          code: code.startsWith('placement.') ? code : 'placement.undefined_code',
          request_id: requestId,
          ...(status === 406 ? { max_version: error.params.max, min_version: error.params.min } : {}),
        },
      ],
    }),
};
