import { randomUUID } from 'node:crypto';
import { insertIgnore } from '@kumo/core/db';
import type { SecurityGroupRule } from '../db/records.ts';
import type { Tx } from '../db/table.ts';
import { securityGroupRules, securityGroups } from '../db/tables.ts';
import type { NeutronDeps } from './deps.ts';
import { signatureOf } from './rule-signature.ts';

type NewRule = Omit<SecurityGroupRule, 'createdAt' | 'updatedAt' | 'revisionNumber'>;

/**
 * The project's group `default`, made when it is not there yet. However many ask at once, there is one: its project is a
 * key. Call it before rows of the project's quota are locked.
 * @returns its id; undefined for what belongs to no project.
 */
export async function ensureDefaultGroup(
  tx: Tx,
  deps: Pick<NeutronDeps, 'quota'>,
  projectId: string,
): Promise<string | undefined> {
  if (projectId === '') return undefined;
  const known = await defaultGroupOf(tx, projectId);
  if (known !== undefined) return known;
  const id = randomUUID();
  if ((await insertIgnore(tx, 'default_security_groups', [{ project_id: projectId, security_group_id: id }])) === 0) {
    return defaultGroupOf(tx, projectId);
  }
  await deps.quota.charge(tx, projectId, { security_group: 1, security_group_rule: 4 });
  await securityGroups.insert(tx, {
    id,
    projectId,
    name: 'default',
    description: 'Default security group',
    stateful: true,
  });
  for (const rule of [...initialRules(id, projectId), ...memberRules(id, projectId)]) {
    await securityGroupRules.insert(tx, rule);
  }
  return id;
}

export async function defaultGroupOf(tx: Pick<Tx, 'selectFrom'>, projectId: string): Promise<string | undefined> {
  const row = await tx
    .selectFrom('default_security_groups')
    .select('security_group_id')
    .where('project_id', '=', projectId)
    .executeTakeFirst();
  return row?.security_group_id;
}

/** What every new group has: everything may go out. */
export function initialRules(securityGroupId: string, projectId: string): NewRule[] {
  return (['IPv4', 'IPv6'] as const).map((ethertype) =>
    ruleOf({ securityGroupId, projectId, direction: 'egress', ethertype }),
  );
}

/** What the default group has besides: its members reach each other. */
function memberRules(securityGroupId: string, projectId: string): NewRule[] {
  return (['IPv4', 'IPv6'] as const).map((ethertype) =>
    ruleOf({ securityGroupId, projectId, direction: 'ingress', ethertype, remoteGroupId: securityGroupId }),
  );
}

/** A rule with everything that is not given left open. */
export function ruleOf(
  given: Pick<NewRule, 'securityGroupId' | 'projectId' | 'direction' | 'ethertype'> & Partial<NewRule>,
): NewRule {
  const rule = {
    id: randomUUID(),
    description: '',
    protocol: null,
    portRangeMin: null,
    portRangeMax: null,
    remoteIpPrefix: null,
    remoteGroupId: null,
    ...given,
  };
  return { ...rule, signature: signatureOf(rule) };
}
