import { defineError } from '@kumo/core/errors';

/** `kind` is what was looked for: `user`, `project`, … */
export const notFound = defineError('notFound', 'NotFound', 'Could not find {kind}: {id}.');
export const alreadyExists = defineError(
  'conflict',
  'Conflict',
  'Conflict occurred attempting to store {kind} - Duplicate entry found with name {name}.',
);
export const conflict = defineError('conflict', 'Conflict', '{message}');
/** A request that its schema allows and its meaning does not. */
export const invalid = defineError('badRequest', 'ValidationError', '{message}');
export const notAllowed = defineError(
  'forbidden',
  'ForbiddenAction',
  'You are not authorized to perform the requested action: {message}',
);
export const tokenNotFound = defineError('notFound', 'TokenNotFound', 'Failed to validate token.');
export const authMethodUnknown = defineError(
  'unauthorized',
  'AuthMethodNotSupported',
  'Attempted to authenticate with an unsupported method.',
);
export const wrongOldPassword = defineError('unauthorized', 'PasswordNotRight', 'The original password is not right.');
export const catalogMissing = defineError(
  'forbidden',
  'Forbidden',
  'A project-scoped token is required to produce a service catalog.',
);
export const applicationCredentialRefused = defineError(
  'unauthorized',
  'ApplicationCredentialAuthError',
  'Error authenticating with application credential: {detail}',
);
/** Its body and its receipt come along: the login goes on with another method. */
export const moreMethodsNeeded = defineError(
  'unauthorized',
  'InsufficientAuthMethods',
  'Additional authentications steps required.',
);
