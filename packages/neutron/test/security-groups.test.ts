import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type As, type Json, makeNetwork, makePort, type Neutron, startNeutron } from './harness.ts';

let neutron: Neutron;
before(async () => {
  neutron = await startNeutron();
});
after(() => neutron.stop());

const makeGroup = async (name: string, as: As = 'member'): Promise<Json> =>
  (await neutron.ok('POST', '/v2.0/security-groups', { security_group: { name } }, as)).security_group;
const makeRule = (rule: object, as: As = 'member') =>
  neutron.call('POST', '/v2.0/security-group-rules', { as, body: { security_group_rule: rule } });

describe('security groups', () => {
  it('makes one default group per project, however many ask', async () => {
    const lists = await Promise.all(
      [1, 2, 3, 4].map(() => neutron.ok('GET', '/v2.0/security-groups', undefined, 'other')),
    );
    assert.deepEqual(
      lists.map((list) => list.security_groups.length),
      [1, 1, 1, 1],
    );
    const [group] = lists[0].security_groups;
    const rules = group.security_group_rules.map(
      (rule: Json) => `${rule.direction} ${rule.ethertype} ${rule.remote_group_id === group.id}`,
    );
    assert.deepEqual(rules.sort(), [
      'egress IPv4 false',
      'egress IPv6 false',
      'ingress IPv4 true',
      'ingress IPv6 true',
    ]);
    assert.equal(
      (await neutron.call('DELETE', `/v2.0/security-groups/${group.id}`, { as: 'other' })).body.NeutronError.type,
      'SecurityGroupCannotRemoveDefault',
    );
    assert.equal(
      (
        await neutron.call('POST', '/v2.0/security-groups', {
          as: 'other',
          body: { security_group: { name: 'default' } },
        })
      ).status,
      409,
    );
  });

  it('is no default group by its name', async () => {
    const group = await makeGroup('mine');
    const url = `/v2.0/security-groups/${group.id}`;
    for (const name of ['default', 'Default']) {
      const body = { security_group: { name } };
      for (const [method, path] of [
        ['PUT', url],
        ['POST', '/v2.0/security-groups'],
      ] as const) {
        const reply = await neutron.call(method, path, { as: 'member', body });
        assert.equal(reply.status, 409, `${method} ${name}`);
        assert.equal(reply.body.NeutronError.type, 'SecurityGroupDefaultAlreadyExists');
      }
    }
    await neutron.ok('DELETE', url, undefined, 'member');
  });

  it('keeps rules in one form and refuses those that are there already', async () => {
    const group = await makeGroup('web');
    const ssh = {
      security_group_id: group.id,
      direction: 'ingress',
      protocol: 'TCP',
      port_range_min: '22',
      port_range_max: 22,
      remote_ip_prefix: '10.0.0.1/24',
    };
    const made = await makeRule(ssh);
    assert.equal(made.status, 201);
    const { protocol, port_range_min: min, remote_ip_prefix: prefix, ethertype } = made.body.security_group_rule;
    assert.deepEqual([protocol, min, prefix, ethertype], ['tcp', 22, '10.0.0.0/24', 'IPv4']);
    const again = await makeRule({ ...ssh, protocol: 'tcp', remote_ip_prefix: '10.0.0.0/24' });
    assert.deepEqual([again.status, again.body.NeutronError.type], [409, 'SecurityGroupRuleExists']);
    assert.match(again.body.NeutronError.message, new RegExp(made.body.security_group_rule.id));
  });

  it('refuses rules that do not go together', async () => {
    const group = await makeGroup('bad');
    const base = { security_group_id: group.id, direction: 'ingress' };
    const cases: [object, number, string][] = [
      [{ ...base, protocol: 'quic' }, 400, 'SecurityGroupRuleInvalidProtocol'],
      [{ ...base, protocol: 300 }, 400, 'HTTPBadRequest'],
      [{ ...base, port_range_min: 80, port_range_max: 80 }, 400, 'SecurityGroupProtocolRequiredWithPorts'],
      [{ ...base, protocol: 'tcp', port_range_min: 90, port_range_max: 80 }, 400, 'SecurityGroupInvalidPortRange'],
      [{ ...base, protocol: 'tcp', port_range_min: 80, port_range_max: 70000 }, 400, 'HTTPBadRequest'],
      [{ ...base, protocol: 'icmp', port_range_min: 256 }, 400, 'SecurityGroupInvalidIcmpValue'],
      [{ ...base, protocol: 'icmp', port_range_max: 1 }, 400, 'SecurityGroupMissingIcmpType'],
      [{ ...base, protocol: 'gre', port_range_min: 1, port_range_max: 2 }, 400, 'SecurityGroupInvalidProtocolForPort'],
      [{ ...base, remote_ip_prefix: '10.0.0.0/40' }, 400, 'InvalidCIDR'],
      [{ ...base, remote_ip_prefix: '2001:db8::/64' }, 400, 'SecurityGroupRuleParameterConflict'],
      [
        { ...base, remote_ip_prefix: '10.0.0.0/8', remote_group_id: group.id },
        400,
        'SecurityGroupMultipleRemoteEntites',
      ],
      [{ ...base, direction: 'sideways' }, 400, 'HTTPBadRequest'],
      [{ ...base, remote_group_id: '11111111-1111-4111-8111-111111111111' }, 404, 'SecurityGroupNotFound'],
      [{ ...base, security_group_id: '11111111-1111-4111-8111-111111111111' }, 404, 'SecurityGroupNotFound'],
    ];
    for (const [rule, status, type] of cases) {
      const reply = await makeRule(rule);
      assert.deepEqual([reply.status, reply.body.NeutronError.type], [status, type], JSON.stringify(rule));
    }
    for (const range of [{ port_range_min: 90, port_range_max: 80 }, { port_range_max: 6 }]) {
      const reply = await makeRule({ ...base, protocol: 'tcp', ...range });
      assert.match(reply.body.NeutronError.message, /port_range_min must be <= port_range_max\b.* and (?:80|6)\.$/);
    }
    const { security_group: after } = await neutron.ok('GET', `/v2.0/security-groups/${group.id}`, undefined, 'member');
    assert.equal(after.security_group_rules.length, 2);
    assert.equal((await makeRule(base, 'other')).status, 404);
    assert.equal((await makeRule(base, 'reader')).status, 403);
  });

  it('is kept while a port is in it', async () => {
    const group = await makeGroup('used');
    const port = await makePort(neutron, (await makeNetwork(neutron)).id, { security_groups: [group.id] });
    const refused = await neutron.call('DELETE', `/v2.0/security-groups/${group.id}`, { as: 'member' });
    assert.deepEqual([refused.status, refused.body.NeutronError.type], [409, 'SecurityGroupInUse']);
    await neutron.ok('DELETE', `/v2.0/ports/${port.id}`, undefined, 'member');
    await neutron.ok('DELETE', `/v2.0/security-groups/${group.id}`, undefined, 'member');
  });

  it('shows and deletes rules of the own project only', async () => {
    const group = await makeGroup('rules');
    const [rule] = group.security_group_rules;
    assert.equal((await neutron.call('GET', `/v2.0/security-group-rules/${rule.id}`, { as: 'other' })).status, 404);
    const { security_group_rules: own } = await neutron.ok(
      'GET',
      `/v2.0/security-group-rules?security_group_id=${group.id}`,
      undefined,
      'member',
    );
    assert.equal(own.length, 2);
    await neutron.ok('DELETE', `/v2.0/security-group-rules/${rule.id}`, undefined, 'member');
    assert.equal((await neutron.call('GET', `/v2.0/security-group-rules/${rule.id}`, { as: 'member' })).status, 404);
  });
});
