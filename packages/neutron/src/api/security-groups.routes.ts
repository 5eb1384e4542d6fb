import { implement, pickFields, type Route } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { NewRule } from '../app/security-group-rules.ts';
import type {
  SecurityGroupChanges,
  SecurityGroupRule,
  SecurityGroups,
  SecurityGroupView,
} from '../app/security-groups.ts';
import { callerOf } from './caller.ts';
import { listRequestOf, pageBody } from './list-request.ts';
import {
  createSecurityGroup,
  createSecurityGroupRule,
  createSecurityGroupRules,
  deleteSecurityGroup,
  deleteSecurityGroupRule,
  listSecurityGroupRules,
  listSecurityGroups,
  type SecurityGroupBody,
  type SecurityGroupRuleBody,
  showSecurityGroup,
  showSecurityGroupRule,
  updateSecurityGroup,
} from './security-groups.ts';
import { standardFields, standardSorts } from './standard-fields.ts';
import { truthValues } from './truth-values.ts';
import { fromWire } from './wire-names.ts';

const GROUP_SORTS = { ...standardSorts, name: 'name', stateful: 'stateful' };
const RULE_SORTS = {
  ...standardSorts,
  security_group_id: 'securityGroupId',
  direction: 'direction',
  ethertype: 'ethertype',
  protocol: 'protocol',
  port_range_min: 'portRangeMin',
  port_range_max: 'portRangeMax',
  remote_ip_prefix: 'remoteIpPrefix',
  remote_group_id: 'remoteGroupId',
};

type GroupBody = Static<typeof SecurityGroupBody>;
type RuleBody = Static<typeof SecurityGroupRuleBody>;

function ruleBody(rule: SecurityGroupRule): RuleBody {
  return {
    ...standardFields(rule),
    security_group_id: rule.securityGroupId,
    direction: rule.direction,
    ethertype: rule.ethertype,
    protocol: rule.protocol,
    port_range_min: rule.portRangeMin,
    port_range_max: rule.portRangeMax,
    remote_ip_prefix: rule.remoteIpPrefix,
    remote_group_id: rule.remoteGroupId,
    remote_address_group_id: null,
    normalized_cidr: rule.remoteIpPrefix,
  };
}

function groupBody(view: SecurityGroupView): GroupBody {
  const { name, stateful, tags } = view;
  return {
    ...standardFields(view),
    name,
    tags,
    stateful,
    shared: false,
    security_group_rules: view.rules.map(ruleBody),
  };
}

export function securityGroupRoutes(groups: SecurityGroups, options: { maxPageSize: number }): Route[] {
  return [
    implement(createSecurityGroup, async (input) => {
      const wanted = fromWire<SecurityGroupChanges>(truthValues(input.body.security_group, ['stateful']));
      return { security_group: groupBody(await groups.create(callerOf(input), wanted)) };
    }),
    implement(listSecurityGroups, async (input) => {
      const { query, request } = input;
      const list = listRequestOf(query, GROUP_SORTS, options.maxPageSize);
      const page = await groups.list(callerOf(input), list);
      const shown = { ...page, rows: page.rows.map(groupBody) };
      return pageBody('security_groups', shown, {
        request,
        list,
        fields: query.fields,
        paged: query.limit !== undefined,
      });
    }),
    implement(showSecurityGroup, async (input) => {
      const shown = groupBody(await groups.show(callerOf(input), input.params.security_group_id));
      return { security_group: pickFields(shown, input.query.fields) as GroupBody };
    }),
    implement(updateSecurityGroup, async (input) => {
      const changes = fromWire<SecurityGroupChanges>(truthValues(input.body.security_group, ['stateful']));
      const { params, headers } = input;
      return {
        security_group: groupBody(
          await groups.update(callerOf(input), params.security_group_id, changes, headers['if-match']),
        ),
      };
    }),
    implement(deleteSecurityGroup, (input) =>
      groups.delete(callerOf(input), input.params.security_group_id, input.headers['if-match']),
    ),
  ];
}

export function securityGroupRuleRoutes(groups: SecurityGroups, options: { maxPageSize: number }): Route[] {
  return [
    implement(createSecurityGroupRule, async (input) => {
      const [made] = await groups.createRules(callerOf(input), [fromWire<NewRule>(input.body.security_group_rule)]);
      return { security_group_rule: ruleBody(made as SecurityGroupRule) };
    }),
    implement(createSecurityGroupRules, async (input) => {
      const made = await groups.createRules(callerOf(input), fromWire<NewRule[]>(input.body.security_group_rules));
      return { security_group_rules: made.map(ruleBody) };
    }),
    implement(listSecurityGroupRules, async (input) => {
      const { query, request } = input;
      const list = listRequestOf(query, RULE_SORTS, options.maxPageSize);
      const page = await groups.listRules(callerOf(input), list);
      const shown = { ...page, rows: page.rows.map(ruleBody) };
      return pageBody('security_group_rules', shown, {
        request,
        list,
        fields: query.fields,
        paged: query.limit !== undefined,
      });
    }),
    implement(showSecurityGroupRule, async (input) => {
      const shown = ruleBody(await groups.showRule(callerOf(input), input.params.security_group_rule_id));
      return { security_group_rule: pickFields(shown, input.query.fields) as RuleBody };
    }),
    implement(deleteSecurityGroupRule, (input) =>
      groups.deleteRule(callerOf(input), input.params.security_group_rule_id, input.headers['if-match']),
    ),
  ];
}
