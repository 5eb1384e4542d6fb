import type { Envelope } from './envelope.ts';

/** What HTTP itself refuses has no class in Neutron: those go by the status. */
const BY_KIND: Readonly<Record<string, string>> = {
  BadRequest: 'HTTPBadRequest',
  ValidationError: 'HTTPBadRequest',
  MalformedRequestBody: 'HTTPBadRequest',
  MalformedUrl: 'HTTPBadRequest',
  ResourceNotFound: 'HTTPNotFound',
  MethodNotAllowed: 'HTTPMethodNotAllowed',
  Forbidden: 'PolicyNotAuthorized',
  InternalServerError: 'HTTPInternalServerError',
};

/** `{"NeutronError": {"type": "NetworkNotFound", "message": "…", "detail": ""}}`; quota is 409. */
export const neutronEnvelope: Envelope = {
  name: 'neutron',
  contentType: 'application/json',
  statuses: { overQuota: 409 },
  render: ({ code, message }) => JSON.stringify({ NeutronError: { type: BY_KIND[code] ?? code, message, detail: '' } }),
};
