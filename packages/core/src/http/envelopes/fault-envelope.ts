import type { Envelope, WireError } from './envelope.ts';

const FAULTS: Readonly<Record<number, string>> = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'itemNotFound',
  405: 'badMethod',
  409: 'conflictingRequest',
  413: 'overLimit',
  415: 'badMediaType',
  429: 'overLimit',
  501: 'notImplemented',
  503: 'serviceUnavailable',
};

/** `{"itemNotFound": {"code": 404, "message": "…"}}`; statuses without a name of their own are a `computeFault`. */
function render({ status, message, error }: WireError): string {
  const retryAfter = error.headers['Retry-After'] ?? error.headers['retry-after'];
  const limited = (status === 413 || status === 429) && retryAfter !== undefined;
  return JSON.stringify({
    [FAULTS[status] ?? 'computeFault']: { code: status, message, ...(limited ? { retryAfter } : {}) },
  });
}

/** Nova: quota is 403. */
export const novaEnvelope: Envelope = { name: 'nova', contentType: 'application/json; charset=UTF-8', render };

/** Cinder writes as Nova does, its default fault's name included; quota is 413. */
export const cinderEnvelope: Envelope = { ...novaEnvelope, name: 'cinder', statuses: { overQuota: 413 } };
