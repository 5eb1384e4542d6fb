import type { Operation } from '@kumo/core/http';
import type { Logger } from '@kumo/core/log';
import { TEST_PROJECT } from '../../../../core/src/testing/env.ts';
import { UNKNOWN } from '../../../../core/src/testing/sample-value.ts';
import { startNeutron } from '../../../../neutron/test/harness.ts';
import { staticCallers } from '../callers.ts';
import { fresh, maker } from '../maker.ts';
import type { Ask, Caller, Ids, Rules, Target, World } from '../world.ts';

const V = '/v2.0';
const NO_AGENT = { status: 404, why: 'no agent has reported to this server' };

export async function neutronWorld(databaseUrl: string, log?: Logger): Promise<World> {
  const neutron = await startNeutron({
    env: { databaseUrl: () => databaseUrl, log },
    config: {
      quotas: {
        network: -1,
        subnet: -1,
        port: -1,
        router: -1,
        floatingip: -1,
        security_group: -1,
        security_group_rule: -1,
      },
    },
  });
  const app = neutron.daemon.app!;
  const make = maker(app, 'member');
  const { network: external } = await make(
    'POST',
    `${V}/networks`,
    { network: { name: 'public', 'router:external': true } },
    'admin',
  );
  await make(
    'POST',
    `${V}/subnets`,
    { subnet: { network_id: external.id, ip_version: 4, cidr: '172.30.0.0/16', enable_dhcp: false } },
    'admin',
  );
  return {
    service: 'network',
    app,
    callers: staticCallers(),
    hides: true,
    leftOut: {},
    exceptions: {
      'showAgent *': NO_AGENT,
      'updateAgent *': NO_AGENT,
      'deleteAgent *': NO_AGENT,
    },
    make: () => makeResources(make, external.id),
    ask: ({ name }, ids) => asks(ids)[name],
    target: ({ path, method }, _, { credentials }) => {
      const own = credentials.project_id;
      if (path.includes('{')) return owned(TEST_PROJECT, TEST_PROJECT);
      // What is made belongs to the caller, below a network or group of the other project; lists are of the caller's own.
      return owned(own, method === 'GET' ? own : TEST_PROJECT);
    },
    rule: ({ path, method }) => (path.includes('/tags') ? `${method === 'GET' ? 'get' : 'update'}_network` : undefined),
    sees,
    stop: () => neutron.stop(),
  };
}

function owned(projectId: unknown, parentId: unknown): Target {
  const parents = { 'network:project_id': parentId, 'security_group:project_id': parentId };
  return { project_id: projectId, tenant_id: projectId, ...parents };
}

/**
 * Who could not do it to things of their own is refused before anything is looked for (403, existing or not); else who may
 * not see the thing, or what a new one would belong to, is told that it is not there.
 */
function sees(operation: Operation, caller: Caller, target: Target, rules: Rules): boolean {
  const { policy, authorize, name, method, path } = operation;
  const rule = typeof policy === 'object' ? policy.name : `${method === 'GET' ? 'get' : 'update'}_network`;
  const { project_id: own } = caller.credentials;
  if (method === 'GET') return !path.includes('{') || (authorize !== 'resource' && typeof policy === 'object');
  if (authorize !== 'resource' && typeof policy === 'object') return true;
  if (!rules.holds(rule, caller, owned(own, own))) return true;
  const parent = owned(TEST_PROJECT, TEST_PROJECT);
  if (/^create(Subnet|Port)s?$/.test(name)) return rules.holds('get_network', caller, parent);
  if (/^createSecurityGroupRules?$/.test(name)) return rules.holds('get_security_group', caller, parent);
  if (name.startsWith('create')) return true;
  return rules.holds(
    `get_${rule.replace(/^(update|delete|add|remove)_/, '').replace(/_interface$/, '')}`,
    caller,
    target,
  );
}

async function makeResources(make: ReturnType<typeof maker>, externalId: string): Promise<Ids> {
  const { network } = await make('POST', `${V}/networks`, { network: { name: fresh('network') } });
  const { network: empty } = await make('POST', `${V}/networks`, { network: { name: fresh('empty') } });
  const subnetOf = async (cidr: string) =>
    (await make('POST', `${V}/subnets`, { subnet: { network_id: network.id, ip_version: 4, cidr } })).subnet.id;
  const [subnet, second, unused] = [
    await subnetOf('10.60.0.0/24'),
    await subnetOf('10.61.0.0/24'),
    await subnetOf('10.62.0.0/24'),
  ];
  const gateway = { external_gateway_info: { network_id: externalId } };
  const { router } = await make('POST', `${V}/routers`, { router: { name: fresh('router'), ...gateway } });
  const { router: spare } = await make('POST', `${V}/routers`, { router: { name: fresh('spare') } });
  await make('PUT', `${V}/routers/${router.id}/add_router_interface`, { subnet_id: subnet });
  const { security_group: group } = await make('POST', `${V}/security-groups`, {
    security_group: { name: fresh('group') },
  });
  const { port } = await make('POST', `${V}/ports`, {
    port: { network_id: network.id, fixed_ips: [{ subnet_id: subnet }] },
  });
  const { floatingip } = await make('POST', `${V}/floatingips`, { floatingip: { floating_network_id: externalId } });
  await make('PUT', `${V}/networks/${network.id}/tags/old`);
  return {
    network_id: network.id,
    empty_id: empty.id,
    subnet_id: subnet,
    second_subnet_id: second,
    unused_subnet_id: unused,
    router_id: router.id,
    spare_router_id: spare.id,
    security_group_id: group.id,
    security_group_rule_id: group.security_group_rules[0].id,
    port_id: port.id,
    floatingip_id: floatingip.id,
    external_id: externalId,
    project_id: TEST_PROJECT,
    agent_id: UNKNOWN,
    alias: 'router',
    resource_type: 'networks',
    resource_id: network.id,
    tag: 'new',
  };
}

function asks(ids: Ids): Readonly<Record<string, Ask>> {
  const named = (kind: string) => ({ body: { [kind]: { name: fresh('renamed') } } });
  const subnet = { network_id: ids.network_id, ip_version: 4, cidr: '10.63.0.0/24' };
  const rule = {
    security_group_id: ids.security_group_id,
    direction: 'ingress',
    protocol: 'tcp',
    port_range_min: 1,
    port_range_max: 2,
  };
  const port = { network_id: ids.network_id };
  return {
    createNetwork: named('network'),
    createNetworks: { body: { networks: [{ name: fresh('new') }] } },
    updateNetwork: named('network'),
    deleteNetwork: { ids: { network_id: ids.empty_id! } },
    createSubnet: { body: { subnet } },
    createSubnets: { body: { subnets: [subnet] } },
    updateSubnet: named('subnet'),
    deleteSubnet: { ids: { subnet_id: ids.unused_subnet_id! } },
    createPort: { body: { port } },
    createPorts: { body: { ports: [port] } },
    updatePort: named('port'),
    createRouter: named('router'),
    updateRouter: named('router'),
    deleteRouter: { ids: { router_id: ids.spare_router_id! } },
    addRouterInterface: { body: { subnet_id: ids.second_subnet_id } },
    removeRouterInterface: { body: { subnet_id: ids.subnet_id } },
    createFloatingIp: { body: { floatingip: { floating_network_id: ids.external_id } } },
    updateFloatingIp: { body: { floatingip: { port_id: null } } },
    createSecurityGroup: named('security_group'),
    updateSecurityGroup: named('security_group'),
    createSecurityGroupRule: { body: { security_group_rule: rule } },
    createSecurityGroupRules: { body: { security_group_rules: [rule] } },
    updateQuota: { body: { quota: { network: 5000 } } },
    replaceTags: { body: { tags: ['a'] } },
    addTags: { body: { tags: ['b'] } },
    checkTag: { ids: { tag: 'old' } },
    deleteTag: { ids: { tag: 'old' } },
  };
}
