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
/** Of a reference within a request: what it names is not there. */
export const referenceMissing = defineError(
  'badRequest',
  'ValidationError',
  'Expecting to find {attribute} in {target}. The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.',
);
/** A refusal that has to do with the state of things and not with who asks. */
export const stillInUse = defineError('forbidden', 'ForbiddenNotSecurity', '{message}');
/** What is not there and has no id of its own. */
export const missing = defineError('notFound', 'NotFound', '{message}');
export const limitInvalid = defineError('forbidden', 'InvalidLimit', 'Invalid resource limit: {reason}.');
export const limitWithoutDefault = defineError(
  'forbidden',
  'NoLimitReference',
  'Unable to create a limit that has no corresponding registered limit.',
);
/** An immutable resource; `action` is update or delete. */
export const immutable = defineError(
  'forbidden',
  'ForbiddenNotSecurity',
  'Unable to {action} immutable {type} resource: `{id}. Set resource option "immutable" to false first.',
);
export const passwordTooLong = defineError(
  'forbidden',
  'PasswordVerificationError',
  'The password length must be less than or equal to {size}. The server could not comply with the request because the password is invalid.',
);
/** The password was right: only who knows it is told. */
export const passwordExpired = defineError(
  'unauthorized',
  'PasswordExpired',
  'The password is expired and needs to be changed for user: {userId}.',
);
export const passwordUnfit = defineError(
  'badRequest',
  'PasswordRequirementsValidationError',
  'The password does not match the requirements: {detail}.',
);
export const passwordMissing = defineError(
  'badRequest',
  'PasswordValidationError',
  'Password validation error: Password must be a string type.',
);
export const passwordUsedBefore = defineError(
  'badRequest',
  'PasswordHistoryValidationError',
  'The new password cannot be identical to a previous password. The total number which includes the new password must be unique is {count}.',
);
export const passwordTooYoung = defineError(
  'badRequest',
  'PasswordAgeValidationError',
  'You cannot change your password at this time due to the minimum password age. Once you change your password, it must be used for {days} day(s) before it can be changed. Please try again in {daysLeft} day(s) or contact your administrator to reset your password.',
);
export const passwordNotOwn = defineError(
  'badRequest',
  'PasswordSelfServiceDisabled',
  'You cannot change your password at this time due to password policy disallowing password changes. Please contact your administrator to reset your password.',
);
export const credentialLimit = defineError(
  'forbidden',
  'CredentialLimitExceeded',
  'Unable to create additional credentials, maximum of {limit} already exceeded for user.',
);
/** A refusal whose reason may be told. */
export const forbiddenBecause = defineError('forbidden', 'Forbidden', '{message}');
export const applicationCredentialInvalid = defineError(
  'badRequest',
  'ApplicationCredentialValidationError',
  'Invalid application credential: {detail}',
);
export const applicationCredentialLimit = defineError(
  'forbidden',
  'ApplicationCredentialLimitExceeded',
  'Unable to create additional application credentials, maximum of {limit} already exceeded for user.',
);
export const pkiGone = defineError(
  'gone',
  'Gone',
  'This API is no longer available due to the removal of support for PKI tokens.',
);
export const pkiListRefused = defineError(
  'forbidden',
  'Forbidden',
  'You are not authorized to perform the requested action.',
);
export const invalidDomainConfig = defineError(
  'forbidden',
  'InvalidDomainConfig',
  'Invalid domain specific configuration: {reason}.',
);
export const domainConfigNotFound = defineError(
  'notFound',
  'DomainConfigNotFound',
  'Could not find {what} in domain configuration for domain {domainId}.',
);
/** A change of a user or group that is in a directory: directories are only read. */
export const directoryReadOnly = defineError(
  'forbidden',
  'Forbidden',
  'You are not authorized to perform the requested action.',
);
/** Costs the users of that domain alone. */
export const directoryUnavailable = defineError(
  'unavailable',
  'ServiceUnavailable',
  'The identity directory of domain {domainId} cannot be asked now. Please try again later.',
);
export const directoryLimited = defineError(
  'internal',
  'LDAPSizeLimitExceeded',
  'Number of User/Group entities returned by LDAP exceeded size limit. Contact your LDAP administrator.',
);
/** Its body and its receipt come along: the login goes on with another method. */
export const moreMethodsNeeded = defineError(
  'unauthorized',
  'InsufficientAuthMethods',
  'Additional authentications steps required.',
);
/** Why a login fails, for auditors; who logs in is told what everybody is told. */
export const accountLocked = defineError('unauthorized', 'AccountLocked', 'The account is locked for user: {userId}.');

/** The same. */
export const tooManyGuesses = defineError(
  'unauthorized',
  'TooManyGuesses',
  'Too many wrong logins by {kind}: the next one is looked at in {seconds} s.',
);

const PASSWORD_REFUSALS = [
  passwordUnfit,
  passwordMissing,
  passwordUsedBefore,
  passwordTooYoung,
  passwordNotOwn,
  passwordTooLong,
];

/** Whether a password was refused by the rules for passwords. */
export function isPasswordRefusal(error: unknown): boolean {
  return PASSWORD_REFUSALS.some((one) => one.is(error));
}
