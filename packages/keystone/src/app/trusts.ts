import { isUniqueViolation, type Page } from '@kumo/core/db';
import type { Role } from '../db/roles.ts';
import {
  deleteTrust,
  deleteTrustsOfUsers,
  findTrust,
  idsOfTrustTree,
  insertTrust,
  listTrusts,
  type Trust,
  type TrustWithRoles,
  trustTag,
} from '../db/trusts.ts';
import { conflict, notAllowed, notFound } from '../errors.ts';
import { expiryOf, isOver } from './expiry.ts';
import { type ListWanted, pageOptions } from './list-page.ts';
import { newId } from './new-id.ts';
import { type RedelegationWanted, redelegationCountOf, requireWithin } from './redelegation.ts';
import type { ResourceDeps } from './resource-deps.ts';
import { type RoleRef, rolesNamed } from './role-refs.ts';

export interface NewTrust extends RedelegationWanted {
  readonly trustorId: string;
  readonly trusteeId: string;
  readonly projectId: string | null;
  readonly impersonation: boolean;
  readonly roles: readonly RoleRef[];
  readonly expiresAt?: string | null;
  readonly extra: Record<string, unknown>;
}

interface TrustsParts extends ResourceDeps {
  readonly maxRedelegations: number;
}

/** A trust with those that it passes on, the first one last. */
export type TrustChain = readonly [TrustWithRoles, ...TrustWithRoles[]];

/** Trusts: roles that users delegate to other users. */
export class Trusts {
  readonly #parts: TrustsParts;

  constructor(parts: TrustsParts) {
    this.#parts = parts;
    parts.deletions.on('user', deleteTrustsOfUsers);
  }

  /** Undefined when there is none, it has expired, or has been used up. */
  async find(id: string): Promise<TrustWithRoles | undefined> {
    const trust = await findTrust(this.#parts.db.q, id);
    return trust && !isOver(trust.expiresAt) && trust.remainingUses !== 0 ? trust : undefined;
  }

  /** Expired and used ones as well, as Keystone does. */
  list(wanted: ListWanted): Promise<Page<Trust>> {
    return listTrusts(this.#parts.db.q, pageOptions(wanted, this.#parts.listLimit));
  }

  /** Those of its roles that are still there. */
  async rolesOf({ roleIds }: TrustWithRoles): Promise<Role[]> {
    const { roles } = await this.#parts.access.roleTable();
    return roleIds.map((id) => roles.get(id)).filter((role) => role !== undefined);
  }

  /**
   * @param sourceId the trust with whose token it is made: it is passed on.
   * @throws notFound of trustee, project or role, notAllowed, forbiddenBecause, invalid, conflict for the same trust again.
   */
  async create(wanted: NewTrust, sourceId: string | undefined): Promise<TrustWithRoles> {
    const { access, changes, maxRedelegations } = this.#parts;
    const { trusteeId, trustorId, projectId, roles, impersonation, remainingUses, extra } = wanted;
    if (projectId !== null && roles.length === 0)
      throw notAllowed({ message: 'At least one role should be specified.' });
    if (!(await access.identity(trusteeId))) throw notFound({ kind: 'user', id: trusteeId });
    const sources = sourceId === undefined ? [] : await this.#chain(sourceId);
    const roleIds = rolesNamed(await access.roleTable(), roles);
    await this.#requireRoles(trustorId, projectId, roleIds);
    const trust: TrustWithRoles = {
      id: newId(),
      trustorId,
      trusteeId,
      projectId,
      roleIds,
      impersonation,
      remainingUses,
      expiresAt: expiryOf(wanted.expiresAt) ?? sources[0]?.expiresAt ?? null,
      redelegatedTrustId: sourceId ?? null,
      redelegationCount: redelegationCountOf(wanted, sources[0], maxRedelegations),
      extra,
    };
    for (const source of sources) requireWithin(source, trust, maxRedelegations);
    try {
      await changes.write((tx) => insertTrust(tx, trust), []);
    } catch (cause) {
      if (!isUniqueViolation(cause)) throw cause;
      throw conflict({ message: 'Conflict occurred attempting to store trust - Duplicate Entry.' }, { cause });
    }
    return trust;
  }

  /** With those that pass it on. Their tokens end. @throws notFound */
  async delete(id: string): Promise<void> {
    if (!(await this.find(id))) throw notFound({ kind: 'trust', id });
    const { changes, revoked } = this.#parts;
    await changes.write(
      async (tx) => {
        for (const trustId of await idsOfTrustTree(tx, id)) await revoked.revoke(tx, { trustId });
        await deleteTrust(tx, id);
      },
      [trustTag(id)],
    );
  }

  /** @throws notFound */
  async #chain(id: string): Promise<TrustChain> {
    const chain: TrustWithRoles[] = [];
    for (let at: string | null = id; at !== null; at = chain.at(-1)?.redelegatedTrustId ?? null) {
      const trust = await this.find(at);
      if (!trust) throw notFound({ kind: 'trust', id: at });
      chain.push(trust);
    }
    return chain as unknown as TrustChain;
  }

  /** The trustor gives what it has. @throws notFound */
  async #requireRoles(trustorId: string, projectId: string | null, roleIds: readonly string[]): Promise<void> {
    const { access } = this.#parts;
    if (projectId !== null && !(await access.project(projectId))) throw notFound({ kind: 'project', id: projectId });
    const table = await access.roleTable();
    const held = projectId === null ? [] : await access.roles(trustorId, { kind: 'project', projectId });
    const heldIds = new Set(held.map((role) => role.id));
    for (const id of roleIds) {
      // A role of a domain is never in tokens itself, only what it implies.
      const effective = table.effective([id]);
      if (effective.length === 0 || !effective.every((role) => heldIds.has(role.id)))
        throw notFound({ kind: 'role', id });
    }
  }
}
