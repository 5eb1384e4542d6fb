import { defineError } from '../errors/index.ts';

/** What HTTP itself refuses, before a service's own code is reached. */
export const validationFailed = defineError('badRequest', 'ValidationError', '{message}');
export const malformedBody = defineError('badRequest', 'MalformedRequestBody', 'Malformed request body: {reason}');
export const malformedUrl = defineError('badRequest', 'MalformedUrl', 'Malformed request URL: {reason}');
export const noSuchAction = defineError('badRequest', 'NoSuchAction', 'There is no such action: {action}');
export const routeNotFound = defineError('notFound', 'ResourceNotFound', 'The resource could not be found.');
export const notInVersion = defineError(
  'notFound',
  'VersionNotFoundForAPIMethod',
  'API version {version} is not supported on this method.',
);
export const methodNotAllowed = defineError(
  'methodNotAllowed',
  'MethodNotAllowed',
  'The method {method} is not allowed for this resource.',
);
export const wrongContentType = defineError(
  'unsupportedMediaType',
  'UnsupportedMediaType',
  'Unsupported Content-Type: {type}.',
);
export const wrongContentTypeAs400 = defineError(
  'badRequest',
  'UnsupportedMediaType',
  'Unsupported Content-Type: {type}.',
);
export const unexpected = defineError(
  'internal',
  'InternalServerError',
  'The server met an unexpected error and could not complete the request. Its operator finds the cause under the request id {requestId}.',
);
/** The reason of `request.signal`: nobody reads the answer. */
export const clientGone = defineError(
  'badRequest',
  'ClientGone',
  'The client closed the connection before it was answered.',
);
