import type { IncomingMessage } from 'node:http';
import type { Context, Microversion } from '../context/index.ts';
import { delegatedUser, ON_BEHALF_OF } from '../context/on-behalf-of.ts';
import { unauthorized } from '../errors/index.ts';
import { rulesAllow } from './access-rules.ts';
import type { TokenChecker, TokenInfo } from './app-options.ts';

const NONE: readonly string[] = [];
/** Longer than any Fernet token with every method and scope in it. */
const LONGEST_TOKEN = 4096;

interface RequestIds {
  readonly requestId: string;
  readonly globalRequestId?: string;
}

/** The context of a public operation. */
export function anonymous(ids: RequestIds, version: Microversion | undefined): Context {
  return {
    requestId: ids.requestId,
    globalRequestId: ids.globalRequestId,
    userId: '',
    roles: NONE,
    serviceRoles: NONE,
    auditIds: NONE,
    version,
  };
}

/**
 * Who sent the request, by X-Auth-Token and X-Service-Token; or for whom a service sent it.
 * @param by who checks tokens, for which type of service.
 * @throws unauthorized without a valid token, with a service token that is not valid, for a request that the token's
 * access rules do not cover, or on somebody's behalf by one who could not do all of it himself.
 */
export async function identify(
  request: IncomingMessage,
  { tokens, service: serviceType }: { tokens: TokenChecker; service: string | undefined },
  ids: RequestIds,
  version: Microversion | undefined,
): Promise<Context> {
  const { headers } = request;
  const token = headers['x-auth-token'];
  if (!isToken(token)) throw unauthorized();
  const serviceToken = headers['x-service-token'];
  let serviceRoles = NONE;
  let isOfService = false;
  if (serviceToken !== undefined) {
    const service = isToken(serviceToken) ? await tokens.validate(serviceToken) : undefined;
    // What is not a service's token gives nothing, and is not passed over either.
    if (!service?.roles.includes('service')) throw unauthorized();
    serviceRoles = service.roles;
    isOfService = serviceRoles.includes('service') && isCovered(service, request, serviceType);
  }
  const info = await (serviceRoles.includes('service')
    ? tokens.validate(token, { allowExpired: true })
    : tokens.validate(token));
  if (!info) throw unauthorized();
  // What a service sends along is part of a request that was allowed.
  if (!isOfService && !isCovered(info, request, serviceType)) throw unauthorized();
  const onBehalfOf = headers[ON_BEHALF_OF];
  if (onBehalfOf !== undefined) return delegatedContext(info, onBehalfOf, ids, version);
  return contextOf(info, ids, token, serviceRoles, version);
}

/** The user's context in a request of a service that acts for him: only ever less than an administrator may. */
function delegatedContext(
  { roles, applicationCredential }: TokenInfo,
  header: string | string[],
  { requestId, globalRequestId }: RequestIds,
  version: Microversion | undefined,
): Context {
  const mayDelegate = roles.includes('service') && roles.includes('admin') && applicationCredential === undefined;
  const user = mayDelegate && typeof header === 'string' ? delegatedUser(header) : undefined;
  if (!user) throw unauthorized();
  return { ...user, requestId, globalRequestId, serviceRoles: roles, auditIds: NONE, version };
}

/** Whether the token's access rules allow the request, if it has any. Everybody may ask whose token it is. */
function isCovered(
  { applicationCredential }: TokenInfo,
  { method = '', url = '' }: IncomingMessage,
  service: string | undefined,
): boolean {
  const rules = applicationCredential?.accessRules;
  if (rules === undefined) return true;
  if (service === undefined) return false;
  if (service === 'identity' && method === 'GET' && url.split('?', 1)[0] === '/v3/auth/tokens') return true;
  return rulesAllow(rules, { service, method, url });
}

function isToken(header: string | string[] | undefined): header is string {
  return typeof header === 'string' && header.length > 0 && header.length <= LONGEST_TOKEN;
}

function contextOf(
  info: TokenInfo,
  ids: RequestIds,
  token: string,
  serviceRoles: readonly string[],
  version: Microversion | undefined,
): Context {
  return {
    requestId: ids.requestId,
    globalRequestId: ids.globalRequestId,
    userId: info.userId,
    userName: info.userName,
    userDomainId: info.userDomainId,
    projectId: info.projectId,
    projectName: info.projectName,
    projectDomainId: info.projectDomainId,
    domainId: info.domainId,
    systemScope: info.systemScope,
    roles: info.roles,
    serviceRoles,
    auditIds: info.auditIds,
    tokenExpiresAt: info.expiresAt,
    isAdminProject: info.isAdminProject,
    trustId: info.trustId,
    trustorId: info.trustorId,
    trusteeId: info.trusteeId,
    applicationCredential: info.applicationCredential,
    token,
    version,
  };
}
