import type { ErrorKind, KumoError } from '../../errors/index.ts';

/** An error on its way out: what an envelope may show. */
export interface WireError {
  readonly status: number;
  readonly kind: ErrorKind;
  /** The error's class name, e.g. `NetworkNotFound`. */
  readonly code: string;
  readonly message: string;
  /** The status's phrase, e.g. `Not Found`. */
  readonly title: string;
  readonly requestId: string;
  readonly error: KumoError;
}

/** How one service writes errors. Knows the wire, nothing of requests. */
export interface Envelope {
  readonly name: string;
  /** Where the service's statuses differ from the usual, e.g. `{overQuota: 409}`. */
  readonly statuses?: Partial<Record<ErrorKind, number>>;
  /** Its own form of the 401; others answer as keystonemiddleware does. */
  readonly ownUnauthorized?: boolean;
  readonly contentType: string;
  render(error: WireError): string;
}

const STATUSES: Readonly<Record<ErrorKind, number>> = {
  badRequest: 400,
  unauthorized: 401,
  forbidden: 403,
  notFound: 404,
  methodNotAllowed: 405,
  notAcceptable: 406,
  conflict: 409,
  gone: 410,
  preconditionFailed: 412,
  tooLarge: 413,
  unsupportedMediaType: 415,
  rangeNotSatisfiable: 416,
  unprocessable: 422,
  overQuota: 403,
  notImplemented: 501,
  badGateway: 502,
  unavailable: 503,
  internal: 500,
};

/** The status of an error in a service. */
export function statusOf(envelope: Envelope, kind: ErrorKind): number {
  return envelope.statuses?.[kind] ?? STATUSES[kind];
}

/** The kind an answer's status stands for, as a client reads it. Unknown 4xx are `badRequest`, unknown 5xx `internal`. */
export function kindOf(status: number): ErrorKind {
  if (status === 429) return 'tooLarge';
  if (status === 300) return 'notFound';
  if (status === 504) return 'unavailable';
  for (const [kind, value] of Object.entries(STATUSES)) if (value === status) return kind as ErrorKind;
  return status >= 500 ? 'internal' : 'badRequest';
}
