import { randomUUID } from 'node:crypto';
import { isForeignKeyViolation, isUniqueViolation } from '@kumo/core/db';
import type { SecurityGroup, SecurityGroupRule } from '../db/records.ts';
import type { Query, UntypedSelect } from '../db/table.ts';
import { securityGroupRules, securityGroups } from '../db/tables.ts';
import { tagsOf } from '../db/tags.ts';
import {
  badRequestOf,
  cannotRemoveDefault,
  cannotUpdateDefault,
  defaultAlreadyExists,
  securityGroupInUse,
  securityGroupNotFound,
  securityGroupRuleExists,
  securityGroupRuleNotFound,
} from '../errors.ts';
import type { Caller } from './caller.ts';
import { ensureDefaultGroup, initialRules, ruleOf } from './default-security-group.ts';
import type { NeutronDeps } from './deps.ts';
import { ownedBy, pageRequestOf } from './list-filters.ts';
import type { ListPage, ListRequest } from './list-request.ts';
import { ownerOf } from './owner.ts';
import { checkRevision } from './revisions.ts';
import { canonicalRule, type NewRule } from './security-group-rules.ts';

export type { SecurityGroupRule };

export interface SecurityGroupView extends SecurityGroup {
  rules: SecurityGroupRule[];
  tags: string[];
}

export interface SecurityGroupChanges {
  name?: string;
  description?: string;
  stateful?: boolean;
}

const text = (column: string) => ({ column, kind: 'text' }) as const;
const GROUP_FILTERS = {
  stateful: { column: 'stateful', kind: 'bool' },
  // No group is shared with other projects.
  shared: {
    where: (query: UntypedSelect, values: readonly string[]) =>
      values.some((value) => /^(?:false|0)$/i.test(value)) ? query : query.where('id', '=', ''),
  },
} as const;
const RULE_FILTERS = {
  name: null,
  security_group_id: text('security_group_id'),
  direction: text('direction'),
  ethertype: text('ethertype'),
  protocol: text('protocol'),
  port_range_min: { column: 'port_range_min', kind: 'int' },
  port_range_max: { column: 'port_range_max', kind: 'int' },
  remote_ip_prefix: text('remote_ip_prefix'),
  remote_group_id: text('remote_group_id'),
} as const;

const groupTarget = (projectId: string) => ({
  project_id: projectId,
  tenant_id: projectId,
  'security_group:project_id': projectId,
});

export class SecurityGroups {
  readonly #deps: NeutronDeps;

  constructor(deps: NeutronDeps) {
    this.#deps = deps;
  }

  async list(caller: Caller, request: ListRequest): Promise<ListPage<SecurityGroupView>> {
    const { db } = this.#deps;
    const named = request.filters.get('project_id') ?? request.filters.get('tenant_id') ?? [];
    // A project sees its group `default` even if it has nothing else yet.
    for (const projectId of new Set([caller.projectId, ...(caller.isAdmin ? named : [])]))
      await this.#ensureDefault(projectId);
    const page = await securityGroups.page(
      db.q,
      pageRequestOf(request, GROUP_FILTERS, caller.seesAll ? undefined : ownedBy(caller.projectId)),
    );
    return { rows: await view(db.q, page.rows), hasMore: page.hasMore };
  }

  async show(caller: Caller, id: string): Promise<SecurityGroupView> {
    const group = await this.#load(caller, id);
    caller.authorize(groupTarget(group.projectId), securityGroupNotFound({ id }));
    return (await view(this.#deps.db.q, [group]))[0] as SecurityGroupView;
  }

  async create(
    caller: Caller,
    wanted: SecurityGroupChanges & { projectId?: string; tenantId?: string },
  ): Promise<SecurityGroupView> {
    const projectId = ownerOf(caller, wanted);
    caller.authorize(groupTarget(projectId));
    refuseDefaultName(wanted);
    refuseStateless(wanted);
    const { db, quota } = this.#deps;
    const id = randomUUID();
    return db.transaction(async (tx) => {
      await ensureDefaultGroup(tx, this.#deps, projectId);
      await quota.charge(tx, projectId, { security_group: 1, security_group_rule: 2 });
      await securityGroups.insert(tx, {
        id,
        projectId,
        name: wanted.name ?? '',
        description: wanted.description ?? '',
        stateful: true,
      });
      for (const rule of initialRules(id, projectId)) await securityGroupRules.insert(tx, rule);
      return (await view(tx, [(await securityGroups.find(tx, id)) as SecurityGroup]))[0] as SecurityGroupView;
    });
  }

  async update(
    caller: Caller,
    id: string,
    changes: SecurityGroupChanges,
    ifMatch?: string,
  ): Promise<SecurityGroupView> {
    caller.authorizeOwn();
    const seen = await this.#load(caller, id);
    caller.authorize(groupTarget(seen.projectId));
    if (seen.name !== 'default') refuseDefaultName(changes);
    else if (changes.name !== undefined && changes.name !== 'default') throw cannotUpdateDefault();
    refuseStateless(changes);
    const { db } = this.#deps;
    return db.transaction(async (tx) => {
      const group = await securityGroups.lock(tx, id, db);
      if (!group) throw securityGroupNotFound({ id });
      checkRevision(ifMatch, group.revisionNumber);
      await securityGroups.update(tx, id, { name: changes.name, description: changes.description });
      return (await view(tx, [(await securityGroups.find(tx, id)) as SecurityGroup]))[0] as SecurityGroupView;
    });
  }

  async delete(caller: Caller, id: string, ifMatch?: string): Promise<void> {
    caller.authorizeOwn();
    const seen = await this.#load(caller, id);
    caller.authorize(groupTarget(seen.projectId));
    if (seen.name === 'default' && !caller.isAdmin) throw cannotRemoveDefault();
    const { db, quota, agents } = this.#deps;
    try {
      await db.transaction(async (tx) => {
        const group = await securityGroups.lock(tx, id, db);
        if (!group) throw securityGroupNotFound({ id });
        checkRevision(ifMatch, group.revisionNumber);
        const used = await tx
          .selectFrom('port_security_groups')
          .select('port_id')
          .where('security_group_id', '=', id)
          .executeTakeFirst();
        if (used) throw securityGroupInUse({ id });
        const rules = await securityGroupRules.where(tx, 'securityGroupId', [id]);
        const pointing = (await securityGroupRules.where(tx, 'remoteGroupId', [id])).filter(
          (rule) => rule.securityGroupId !== id,
        );
        for (const rule of [...rules, ...pointing]) {
          await securityGroupRules.remove(tx, rule.id);
          await quota.refund(tx, rule.projectId, { security_group_rule: 1 });
        }
        await tx.deleteFrom('default_security_groups').where('security_group_id', '=', id).execute();
        await securityGroups.remove(tx, id);
        await quota.refund(tx, group.projectId, { security_group: 1 });
        agents.securityGroupsChanged(tx, [id]);
      });
    } catch (error) {
      // A port took the group in the same moment.
      if (isForeignKeyViolation(error)) throw securityGroupInUse({ id }, { cause: error });
      throw error;
    }
  }

  async listRules(caller: Caller, request: ListRequest): Promise<ListPage<SecurityGroupRule>> {
    caller.authorize(groupTarget(caller.projectId));
    const { db } = this.#deps;
    const ownGroups = (query: UntypedSelect) =>
      query.where('security_group_id', 'in', (eb: { selectFrom: (table: string) => UntypedSelect }) =>
        eb.selectFrom('security_groups').select('id').where('project_id', '=', caller.projectId),
      );
    await this.#ensureDefault(caller.projectId);
    return securityGroupRules.page(db.q, pageRequestOf(request, RULE_FILTERS, caller.seesAll ? undefined : ownGroups));
  }

  async showRule(caller: Caller, id: string): Promise<SecurityGroupRule> {
    const { rule, group } = await this.#loadRule(caller, id);
    caller.authorize(groupTarget(group.projectId), securityGroupRuleNotFound({ id }));
    return rule;
  }

  async createRules(caller: Caller, wanted: readonly NewRule[]): Promise<SecurityGroupRule[]> {
    caller.authorizeOwn();
    const { db, quota, agents } = this.#deps;
    const rules: ReturnType<typeof ruleOf>[] = [];
    for (const one of wanted) {
      const group = await this.#load(caller, one.securityGroupId);
      caller.authorize(groupTarget(group.projectId));
      if (one.remoteGroupId) await this.#load(caller, one.remoteGroupId);
      const { description = '', securityGroupId } = one;
      rules.push(ruleOf({ ...canonicalRule(one), securityGroupId, projectId: group.projectId, description }));
    }
    try {
      await db.transaction(async (tx) => {
        for (const rule of rules) {
          await quota.charge(tx, rule.projectId, { security_group_rule: 1 });
          await securityGroupRules.insert(tx, rule);
        }
        agents.securityGroupsChanged(
          tx,
          rules.map((rule) => rule.securityGroupId),
        );
      });
    } catch (error) {
      if (isUniqueViolation(error))
        throw securityGroupRuleExists({ id: await this.#sameRule(rules) }, { cause: error });
      if (isForeignKeyViolation(error))
        throw securityGroupNotFound({ id: rules[0]?.securityGroupId }, { cause: error });
      throw error;
    }
    return securityGroupRules.findMany(
      db.q,
      rules.map((rule) => rule.id),
    );
  }

  async deleteRule(caller: Caller, id: string, ifMatch?: string): Promise<void> {
    caller.authorizeOwn();
    const { rule, group } = await this.#loadRule(caller, id);
    caller.authorize(groupTarget(group.projectId));
    checkRevision(ifMatch, rule.revisionNumber);
    const { db, quota, agents } = this.#deps;
    await db.transaction(async (tx) => {
      if (!(await securityGroupRules.remove(tx, id))) throw securityGroupRuleNotFound({ id });
      await quota.refund(tx, rule.projectId, { security_group_rule: 1 });
      agents.securityGroupsChanged(tx, [group.id]);
    });
  }

  async #load(caller: Caller, id: string): Promise<SecurityGroup> {
    const group = await securityGroups.find(this.#deps.db.q, id);
    if (!group || (!caller.seesAll && group.projectId !== caller.projectId)) throw securityGroupNotFound({ id });
    return group;
  }

  async #loadRule(caller: Caller, id: string): Promise<{ rule: SecurityGroupRule; group: SecurityGroup }> {
    const { q } = this.#deps.db;
    const rule = await securityGroupRules.find(q, id);
    const group = rule && (await securityGroups.find(q, rule.securityGroupId));
    const isTheirs = group && (caller.seesAll || group.projectId === caller.projectId);
    if (!rule || !group || !isTheirs) throw securityGroupRuleNotFound({ id });
    return { rule, group };
  }

  async #ensureDefault(projectId: string): Promise<void> {
    const { db } = this.#deps;
    const known = await db.q
      .selectFrom('default_security_groups')
      .select('project_id')
      .where('project_id', '=', projectId)
      .executeTakeFirst();
    if (!known) await db.transaction((tx) => ensureDefaultGroup(tx, this.#deps, projectId));
  }

  /** The rule that is there already, for the message. */
  async #sameRule(rules: readonly { securityGroupId: string; signature: string }[]): Promise<string | undefined> {
    const groupIds = [...new Set(rules.map((rule) => rule.securityGroupId))];
    const present = await securityGroupRules.where(this.#deps.db.q, 'securityGroupId', groupIds);
    return present.find((one) =>
      rules.some((rule) => rule.signature === one.signature && rule.securityGroupId === one.securityGroupId),
    )?.id;
  }
}

/** Case does not tell two apart, as in Neutron. */
function refuseDefaultName({ name }: SecurityGroupChanges): void {
  if (name?.toLowerCase() === 'default') throw defaultAlreadyExists();
}

function refuseStateless({ stateful }: SecurityGroupChanges): void {
  if (stateful === false)
    throw badRequestOf({
      resource: 'security_group',
      reason: 'Stateless security groups are not offered by this cloud',
    });
}

async function view(q: Query, groups: readonly SecurityGroup[]): Promise<SecurityGroupView[]> {
  const ids = groups.map((group) => group.id);
  const rules = Map.groupBy(await securityGroupRules.where(q, 'securityGroupId', ids), (rule) => rule.securityGroupId);
  const tags = await tagsOf(q, ids);
  return groups.map((group) => ({ ...group, rules: rules.get(group.id) ?? [], tags: tags.get(group.id) ?? [] }));
}
