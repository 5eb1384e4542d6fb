import { AsyncLocalStorage } from 'node:async_hooks';
import type { Db } from '@kumo/core/db';
import { KumoError } from '@kumo/core/errors';
import type { Logger } from '@kumo/core/log';
import type { Notifier } from '@kumo/core/notify';
import { listServices } from '../db/catalog.ts';
import { CATALOG_TAG } from '../db/change-tags.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { accountLocked, passwordExpired } from '../errors.ts';
import type { NotificationsConfig } from '../notification-settings.ts';
import {
  type AuditCaller,
  type CadfFacts,
  type CadfReason,
  cadfEvent,
  cadfInitiator,
  cadfTarget,
  cadfUserTarget,
} from './cadf.ts';
import type { VersionedCache } from './versioned-cache.ts';

const ROLE_ASSIGNMENT = 'role_assignment';

/** Something that was done, to tell those who watch. Ids only: notifications hold no secrets. */
export interface AuditEvent {
  readonly action: 'created' | 'updated' | 'deleted' | 'disabled';
  readonly resourceType: string;
  readonly resourceId: string;
  /** Who joined or left a group. */
  readonly actor?: { readonly id: string; readonly type: string; readonly operation: 'added' | 'removed' };
  /** The parts of a role assignment. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Why it did not happen; left out: it did. */
  readonly failure?: unknown;
}

interface AuditParts {
  readonly db: Db<KeystoneTables>;
  readonly cache: VersionedCache;
  readonly notifier: Notifier;
  readonly settings: Pick<NotificationsConfig, 'format' | 'optOut'>;
  /** The host of this Keystone. */
  readonly host: string;
  readonly log: Logger;
}

/** Tells what is done, as Keystone's audit notifications. It never fails, and nobody waits for it. */
export class Audit {
  readonly #parts: AuditParts;
  readonly #optOut: ReadonlySet<string>;
  readonly #callers = new AsyncLocalStorage<AuditCaller>();

  constructor(parts: AuditParts) {
    this.#parts = parts;
    this.#optOut = new Set(parts.settings.optOut);
  }

  /** What is told during `work` is told as this caller's doing. */
  during<T>(caller: AuditCaller, work: () => T): T {
    return this.#callers.run(caller, work);
  }

  /** Outside of a request nobody did it, and nothing is told. */
  notify(event: AuditEvent): void {
    const caller = this.#callers.getStore();
    const { action, resourceType } = event;
    const eventType = `identity.${resourceType}.${action}`;
    if (!caller || this.#optOut.has(eventType)) return;
    // As in Keystone: who has which role is told in one form only.
    if (this.#parts.settings.format === 'basic' && resourceType !== ROLE_ASSIGNMENT)
      this.#publish(eventType, basicPayload(event, caller));
    else this.#tell(eventType, factsOf(event, caller));
  }

  /** A password was right, or it was not, or did not suffice: then `failure` is the error. */
  authenticated(user: { readonly id: string; readonly name: string }, failure?: unknown): void {
    const caller = this.#callers.getStore();
    const outcome = failure === undefined ? 'success' : 'failure';
    if (!caller || this.#optOut.has(`identity.authenticate.${outcome}`)) return;
    const initiator = cadfInitiator(caller, user);
    const reason = complianceReason(failure);
    this.#tell('identity.authenticate', {
      action: 'authenticate',
      outcome,
      initiator,
      target: cadfUserTarget(),
      reason,
    });
  }

  #tell(eventType: string, facts: Omit<CadfFacts, 'observerId'>): void {
    this.#observerId().then(
      (observerId) => this.#publish(eventType, cadfEvent({ ...facts, observerId })),
      (error) => this.#parts.log.error({ err: error, eventType }, 'an audit notification could not be sent'),
    );
  }

  #publish(eventType: string, payload: Readonly<Record<string, unknown>>): void {
    const { notifier, host } = this.#parts;
    notifier.notify({ eventType, publisherId: `identity.${host}`, priority: 'info', payload });
  }

  async #observerId(): Promise<string | undefined> {
    const { cache, db } = this.#parts;
    const filters = [{ column: 'type', op: 'eq', value: 'identity' }] as const;
    const load = async () => (await listServices(db.q, { filters, limit: 1 })).rows;
    return (await cache.get('identity service', load, [CATALOG_TAG]))[0]?.id;
  }
}

function basicPayload({ resourceId, actor }: AuditEvent, { ctx }: AuditCaller): Record<string, unknown> {
  return {
    resource_info: resourceId,
    ...(actor && { actor_id: actor.id, actor_type: actor.type, actor_operation: actor.operation }),
    request_id: ctx.requestId,
    ...(ctx.globalRequestId !== undefined && { global_request_id: ctx.globalRequestId }),
  };
}

function factsOf(event: AuditEvent, caller: AuditCaller): Omit<CadfFacts, 'observerId'> {
  const { action, resourceType, resourceId, fields, failure } = event;
  const isAssignment = resourceType === ROLE_ASSIGNMENT;
  return {
    action: `${action}.${resourceType}`,
    outcome: failure === undefined ? 'success' : 'failure',
    initiator: cadfInitiator(caller),
    target: isAssignment ? cadfUserTarget() : cadfTarget(resourceType, resourceId),
    reason: isAssignment ? undefined : reasonOf(failure),
    fields: isAssignment ? fields : { resource_info: resourceId },
  };
}

/** Of logins only what the rules of passwords refuse is explained; a locked account is not told its owner. */
function complianceReason(failure: unknown): CadfReason | undefined {
  const cause = failure instanceof KumoError ? failure.cause : undefined;
  if (accountLocked.is(cause)) return { reasonType: cause.message, reasonCode: '401' };
  return passwordExpired.is(failure) ? { reasonType: failure.message, reasonCode: '401' } : undefined;
}

function reasonOf(failure: unknown): CadfReason | undefined {
  return failure instanceof KumoError ? { reasonType: failure.message, reasonCode: '400' } : undefined;
}
