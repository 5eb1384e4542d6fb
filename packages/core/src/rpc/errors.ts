import { defineError, type ErrorDefinition, type ErrorKind } from '../errors/index.ts';

/** An error definition whose errors are retryable unless said otherwise. */
function retryable(kind: ErrorKind, code: string, template: string): ErrorDefinition {
  const base = defineError(kind, code, template);
  const make: ErrorDefinition = Object.assign(
    (params: Parameters<ErrorDefinition>[0], options: Parameters<ErrorDefinition>[1] = {}) =>
      base(params, { retryable: true, ...options }),
    { kind, code, is: base.is },
  );
  return make;
}

/** Nobody answered in time, or nobody is there to answer. */
export const rpcTimeout = retryable('unavailable', 'RpcTimeout', 'No answer from {to} to {method}: {reason}.');
/** The bus did not take the message over in time. */
export const busUnavailable = retryable(
  'unavailable',
  'BusUnavailable',
  'The message bus did not accept {method}: {reason}.',
);
/** The consumer speaks another major version or an older minor one. Retryable: another consumer of the queue may know it. */
export const unsupportedVersion = retryable(
  'notImplemented',
  'UnsupportedRpcVersion',
  '{method} was sent in version {version}, but {topic} is served here in version {served}.',
);
export const unknownMethod = defineError('notImplemented', 'UnknownRpcMethod', 'There is no method {method}.');
export const invalidArguments = defineError(
  'badRequest',
  'InvalidRpcArguments',
  'Invalid arguments for {method}: {reason}.',
);
export const invalidReply = defineError(
  'internal',
  'InvalidRpcReply',
  '{method} made a reply that its contract does not allow: {reason}.',
);
/** A handler failed unexpectedly: users are told no more. `cause` holds its message, for the caller's log. */
export const remoteFailure = defineError(
  'internal',
  'RemoteFailure',
  '{by} failed in {method}; its log says why under message {messageId}.',
);
