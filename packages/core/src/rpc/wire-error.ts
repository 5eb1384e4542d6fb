import { DriverError, type ErrorKind, type ErrorParams, isNoSpace, KumoError, noDiskSpace } from '../errors/index.ts';

/** An error as it crosses a bus or rests in a journal. `driver`: it was a DriverError; `unknown`: neither kind of ours. */
export interface WireError {
  readonly kind: ErrorKind | 'driver' | 'unknown';
  readonly code: string;
  readonly message: string;
  readonly params: ErrorParams;
  readonly retryable: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Bounds what an error may carry along, e.g. the output of a program. */
const MAX_MESSAGE_LENGTH = 4_000;

/** Keeps what callers decide on; leaves stack and cause to the log of where it happened. */
export function encodeError(error: unknown): WireError {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, MAX_MESSAGE_LENGTH);
  if (error instanceof KumoError) {
    const { kind, code, params, retryable, headers } = error;
    const bare = { kind, code, message, params, retryable };
    return Object.keys(headers).length > 0 ? { ...bare, headers } : bare;
  }
  // Whatever met the full disk (a file, qemu-img, cp): users are told so, in a server's fault or a volume's message.
  if (isNoSpace(error)) return encodeError(noDiskSpace());
  if (error instanceof DriverError)
    return { kind: 'driver', code: error.name, message, params: {}, retryable: error.retryable };
  return {
    kind: 'unknown',
    code: error instanceof Error ? error.name : 'Error',
    message,
    params: {},
    retryable: false,
  };
}

/** The error again: KumoError and DriverError as they were, anything else as a plain Error. */
export function decodeError(wire: WireError): Error {
  const { kind, code, message, params, retryable, headers } = wire;
  if (kind === 'driver') return new DriverError(message, { retryable });
  if (kind === 'unknown') return Object.assign(new Error(message), { name: code });
  return new KumoError(kind, code, message, params, { retryable, headers });
}
