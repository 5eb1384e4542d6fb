import type { IncomingHttpHeaders } from 'node:http';
import type { Context, Microversion } from '../context/index.ts';
import { unauthorized } from '../errors/index.ts';
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
 * Who sent the request, by X-Auth-Token and X-Service-Token.
 * @throws unauthorized without a valid token, or with a service token that is not valid.
 */
export async function identify(
  headers: IncomingHttpHeaders,
  tokens: TokenChecker,
  ids: RequestIds,
  version: Microversion | undefined,
): Promise<Context> {
  const token = headers['x-auth-token'];
  if (!isToken(token)) throw unauthorized();
  const serviceToken = headers['x-service-token'];
  let serviceRoles = NONE;
  if (serviceToken !== undefined) {
    const service = isToken(serviceToken) ? await tokens.validate(serviceToken) : undefined;
    if (!service) throw unauthorized();
    serviceRoles = service.roles;
  }
  const info = await (serviceRoles.includes('service')
    ? tokens.validate(token, { allowExpired: true })
    : tokens.validate(token));
  if (!info) throw unauthorized();
  return contextOf(info, ids, token, serviceRoles, version);
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
    trustId: info.trustId,
    trustorId: info.trustorId,
    trusteeId: info.trusteeId,
    applicationCredential: info.applicationCredential,
    token,
    version,
  };
}
