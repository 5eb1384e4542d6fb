import { createHash, randomUUID } from 'node:crypto';
import type { Context } from '@kumo/core/context';
import { nowIso } from '@kumo/core/db';

/** Keystone's own name space for users whose id is no UUID. */
const USER_NAMESPACE = Buffer.from('4332ecab770b4288a680b9aca3b1b153', 'hex');
const USER = 'service/security/account/user';

const TARGETS: Readonly<Record<string, string>> = {
  group: 'data/security/group',
  project: 'data/security/project',
  role: 'data/security/role',
  user: 'data/security/account/user',
  domain: 'data/security/domain',
  region: 'data/security/region',
  endpoint: 'data/security/endpoint',
  service: 'data/security/service',
  policy: 'data/security/policy',
  'OS-TRUST:trust': 'data/security/trust',
  application_credential: 'data/security/credential',
};

/** Who a request came from. */
export interface AuditCaller {
  readonly ctx: Context;
  readonly address: string | undefined;
  readonly agent: string | undefined;
}

/** A resource of a kind; of a login and of a role assignment there is only the kind of who it is about. */
export interface CadfTarget {
  readonly typeURI: string;
  readonly id: string;
}

export interface CadfReason {
  readonly reasonType: string;
  readonly reasonCode: string;
}

export interface CadfFacts {
  /** `created.user`, `authenticate` */
  readonly action: string;
  readonly outcome: 'success' | 'failure';
  readonly initiator: Readonly<Record<string, unknown>>;
  readonly target: CadfTarget;
  /** The id of the identity service in the catalog. */
  readonly observerId: string | undefined;
  readonly reason?: CadfReason | undefined;
  /** What else belongs to the event: `resource_info`, the parts of a role assignment. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

/** An event of the Cloud Auditing Data Federation, as OpenStack's services write it. */
export function cadfEvent(facts: CadfFacts): Record<string, unknown> {
  const { action, outcome, initiator, target, observerId, reason, fields } = facts;
  return {
    typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
    id: randomUUID(),
    eventType: 'activity',
    eventTime: `${nowIso()}+0000`,
    action,
    outcome,
    observer: { typeURI: 'service/security', id: observerId ?? randomUUID() },
    initiator,
    target,
    ...(reason && { reason }),
    ...fields,
  };
}

/** @param user who it is, where the request itself does not say: at a login. */
export function cadfInitiator(
  { ctx, address, agent }: AuditCaller,
  user: { readonly id: string; readonly name?: string | undefined } = { id: ctx.userId, name: ctx.userName },
): Record<string, unknown> {
  return {
    typeURI: USER,
    id: user.id === '' ? randomUUID() : uuidOf(user.id),
    ...(user.id !== '' && { user_id: user.id }),
    ...(user.name !== undefined && { username: user.name }),
    ...(ctx.projectId !== undefined && { project_id: ctx.projectId }),
    ...(ctx.domainId !== undefined && { domain_id: ctx.domainId }),
    request_id: ctx.requestId,
    ...(ctx.globalRequestId !== undefined && { global_request_id: ctx.globalRequestId }),
    host: { ...(address !== undefined && { address }), ...(agent !== undefined && { agent }) },
  };
}

export function cadfTarget(resourceType: string, id: string): CadfTarget {
  return { typeURI: TARGETS[resourceType] ?? 'unknown', id };
}

/** Of events about a user's rights and logins. */
export function cadfUserTarget(): CadfTarget {
  return { typeURI: USER, id: randomUUID() };
}

/** An id that is a UUID as it is, any other as the UUID (version 5) that stands for it. */
function uuidOf(id: string): string {
  if (/^[0-9a-f]{32}$/i.test(id.replaceAll('-', ''))) return id;
  const digest = createHash('sha1').update(USER_NAMESPACE).update(id).digest().subarray(0, 16);
  digest[6] = ((digest[6] as number) & 0x0f) | 0x50;
  digest[8] = ((digest[8] as number) & 0x3f) | 0x80;
  return digest.toString('hex');
}
