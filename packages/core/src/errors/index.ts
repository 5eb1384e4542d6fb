/**
 * One vocabulary of errors: `defineError`, `KumoError` for users, `DriverError` for what drivers meet.
 */

export { publicText } from './public-text.ts';

/**
 * One error vocabulary for the whole cloud. Domain code throws these; only `core/http` knows statuses and each
 * service's envelope, and only `core/rpc` knows how they cross a bus. Never match on messages: use `definition.is(error)`.
 */
export type ErrorKind =
  | 'badRequest'
  | 'unauthorized'
  | 'forbidden'
  | 'notFound'
  | 'methodNotAllowed'
  | 'notAcceptable'
  | 'conflict'
  | 'gone'
  | 'preconditionFailed'
  | 'tooLarge'
  | 'unsupportedMediaType'
  | 'rangeNotSatisfiable'
  | 'unprocessable'
  | 'overQuota'
  | 'notImplemented'
  | 'badGateway'
  | 'unavailable'
  | 'internal';

export type ErrorParams = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface KumoErrorOptions {
  cause?: unknown;
  /** The same request may succeed later without being changed (a daemon is restarting, a lock is held). */
  retryable?: boolean;
  /** Response headers that belong to the error, e.g. `Retry-After`, `WWW-Authenticate`. */
  headers?: Readonly<Record<string, string>>;
  /** The whole body of the answer, for an error whose form is its own instead of the service's envelope. */
  body?: Readonly<Record<string, unknown>>;
}

/** An error whose message a user may read. Anything else becomes a 500 that names only the request id. */
export class KumoError extends Error {
  readonly kind: ErrorKind;
  /** The class of the error as the service's users know it, e.g. `NetworkNotFound`; Neutron puts it on the wire. */
  readonly code: string;
  readonly params: ErrorParams;
  readonly retryable: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>> | undefined;

  constructor(
    kind: ErrorKind,
    code: string,
    message: string,
    params: ErrorParams = {},
    options: KumoErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = code;
    this.kind = kind;
    this.code = code;
    this.params = params;
    this.retryable = options.retryable ?? false;
    this.headers = options.headers ?? {};
    this.body = options.body;
  }
}

export interface ErrorDefinition {
  (params?: ErrorParams, options?: KumoErrorOptions): KumoError;
  readonly kind: ErrorKind;
  readonly code: string;
  /** True for errors made by this definition, also after they crossed the bus. */
  is(error: unknown): error is KumoError;
}

/**
 * Declares one kind of error of a service.
 *
 * @example
 * export const serverNotFound = defineError('notFound', 'InstanceNotFound', 'Instance {id} could not be found.');
 * throw serverNotFound({ id });
 */
export function defineError(kind: ErrorKind, code: string, template: string): ErrorDefinition {
  const make = (params: ErrorParams = {}, options: KumoErrorOptions = {}) =>
    new KumoError(kind, code, fill(template, params), params, options);
  return Object.assign(make, {
    kind,
    code,
    is: (error: unknown): error is KumoError =>
      error instanceof KumoError && error.code === code && error.kind === kind,
  });
}

function fill(template: string, params: ErrorParams): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? ''));
}

/** Errors that every service may throw. */
export const badRequest = defineError('badRequest', 'BadRequest', '{message}');
export const unauthorized = defineError(
  'unauthorized',
  'Unauthorized',
  'The request you have made requires authentication.',
);
export const forbidden = defineError('forbidden', 'Forbidden', "Policy doesn't allow {rule} to be performed.");
export const overLimit = defineError(
  'tooLarge',
  'RequestTooLarge',
  'Request is too large: at most {limit} bytes are accepted here.',
);
export const unavailable = defineError('unavailable', 'ServiceUnavailable', '{message}');

/** What a user is told when the disk of the host that does the work is full; never the path. */
export const noDiskSpace = defineError(
  'unavailable',
  'NoDiskSpace',
  'There is no disk space left on the host that has to store this.',
);

const NO_SPACE_CODES: readonly unknown[] = ['ENOSPC', 'EDQUOT'];

/** A write found no room, on the disk or in its owner's quota there; causes are looked at too. */
export function isNoSpace(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1)
    if (noDiskSpace.is(at) || ('code' in at && NO_SPACE_CODES.includes(at.code)) || isSqliteFull(at)) return true;
  return false;
}

const SQLITE_FULL = 13;

function isSqliteFull(error: Error): boolean {
  return 'errcode' in error && error.errcode === SQLITE_FULL;
}

const NOT_THE_ASKERS: ReadonlySet<ErrorKind> = new Set(['internal', 'unavailable', 'badGateway', 'notImplemented']);

/**
 * Whether an error answers whoever asked (4xx) and is no fault of the cloud: it is logged at INFO at most, without a stack.
 * Another service's 401 is none: it is about a service's own account.
 */
export function isAskersMistake(error: unknown): error is KumoError {
  if (!(error instanceof KumoError) || NOT_THE_ASKERS.has(error.kind)) return false;
  return !(error.kind === 'unauthorized' && error.params.service !== undefined);
}

/** What a driver throws. `retryable` says whether running the same step again can help. */
export class DriverError extends Error {
  readonly retryable: boolean;
  constructor(message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DriverError';
    this.retryable = options.retryable ?? false;
  }
}
