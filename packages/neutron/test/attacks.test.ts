/** What callers try in order to reach other projects' things; named by the advisory where there is one. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { OTHER_PROJECT, TEST_PROJECT } from '../../core/src/testing/env.ts';
import { neutronApi } from '../src/api/index.ts';
import { makeNetwork, makePort, makeSubnet, type Neutron, startNeutron } from './harness.ts';

let neutron: Neutron;
let sharedId: string;
before(async () => {
  neutron = await startNeutron();
  sharedId = (await makeNetwork(neutron, { shared: true }, 'admin')).id;
  await makeSubnet(neutron, sharedId, '10.90.0.0/24', {}, 'admin');
});
after(() => neutron.stop());

const attempt = async (path: string, body: object) => {
  const reply = await neutron.call('POST', path, { as: 'other', body });
  return [reply.status, reply.body.NeutronError?.type];
};

test('OSSA-2012-001: nobody makes things in the name of another project', async () => {
  const { id: networkId } = await makeNetwork(neutron, {}, 'other');
  const { usage } = (await neutron.ok('GET', `/v2.0/quotas/${TEST_PROJECT}/details`)).quota.port;
  for (const owner of [{ project_id: TEST_PROJECT }, { tenant_id: TEST_PROJECT }]) {
    const subnet = { network_id: networkId, ip_version: 4, cidr: '10.91.0.0/24', ...owner };
    for (const [path, body] of [
      ['/v2.0/ports', { port: { network_id: sharedId, ...owner } }],
      ['/v2.0/ports', { port: { network_id: networkId, ...owner } }],
      ['/v2.0/ports', { ports: [{ network_id: networkId }, { network_id: networkId, ...owner }] }],
      ['/v2.0/subnets', { subnet }],
      ['/v2.0/networks', { network: owner }],
      ['/v2.0/routers', { router: owner }],
      ['/v2.0/security-groups', { security_group: { name: 'g', ...owner } }],
    ] as const) {
      assert.deepEqual(await attempt(path, body), [400, 'HTTPBadRequest'], `${path} ${JSON.stringify(body)}`);
    }
  }
  const { ports } = await neutron.ok('GET', `/v2.0/ports?network_id=${networkId}`);
  assert.deepEqual(ports, []);
  assert.deepEqual((await neutron.ok('GET', `/v2.0/quotas/${TEST_PROJECT}/details`)).quota.port.usage, usage);
  const own = await makePort(neutron, sharedId, { project_id: OTHER_PROJECT }, 'other');
  assert.equal(own.project_id, OTHER_PROJECT);
  assert.equal((await makePort(neutron, sharedId, { project_id: OTHER_PROJECT }, 'service')).project_id, OTHER_PROJECT);
});

test('OSSA-2014-008: no port carries the router of another project', async () => {
  const { id: networkId } = await makeNetwork(neutron, {}, 'other');
  const { router } = await neutron.ok('POST', '/v2.0/routers', { router: { name: 'r' } }, 'member');
  const port = await makePort(neutron, networkId, {}, 'other');
  const refusal = [409, 'DeviceIDNotOwnedByTenant'];
  for (const fields of [{}, { device_owner: 'network:router_interface' }, { device_owner: 'compute:nova' }]) {
    const wanted = { device_id: router.id, ...fields };
    assert.deepEqual(await attempt('/v2.0/ports', { port: { network_id: networkId, ...wanted } }), refusal);
    const reply = await neutron.call('PUT', `/v2.0/ports/${port.id}`, { as: 'other', body: { port: wanted } });
    assert.deepEqual([reply.status, reply.body.NeutronError?.type], refusal);
  }
  const { ports } = await neutron.ok('GET', `/v2.0/ports?device_id=${router.id}`);
  assert.deepEqual(ports, []);
  const mine = await neutron.ok('POST', '/v2.0/routers', { router: { name: 'own' } }, 'other');
  assert.equal((await makePort(neutron, networkId, { device_id: mine.router.id }, 'other')).device_id, mine.router.id);
});

test('OSSA-2021-005: DHCP options hold no line breaks', async () => {
  const option = { opt_name: 'bootfile-name', opt_value: 'pxelinux.0', ip_version: 4 };
  const port = await makePort(neutron, sharedId, { extra_dhcp_opts: [option] }, 'other');
  for (const sign of ['\n', '\r', '\0', '\u2028']) {
    for (const field of ['opt_name', 'opt_value'] as const) {
      const options = [{ ...option, [field]: `x${sign}dhcp-script=/tmp/x` }];
      const body = { port: { network_id: sharedId, extra_dhcp_opts: options } };
      assert.deepEqual(await attempt('/v2.0/ports', body), [400, 'HTTPBadRequest'], JSON.stringify(options));
      const changed = { port: { extra_dhcp_opts: options } };
      const reply = await neutron.call('PUT', `/v2.0/ports/${port.id}`, { as: 'other', body: changed });
      assert.equal(reply.status, 400, JSON.stringify(options));
    }
  }
  const { port: after } = await neutron.ok('GET', `/v2.0/ports/${port.id}`);
  assert.deepEqual(after.extra_dhcp_opts, [option]);
});

test('no filter or sort key of any list is an error of the server', async () => {
  const lists = Object.values(neutronApi).filter(({ name, path }) => name.startsWith('list') && !path.includes('{'));
  assert.ok(lists.length > 10);
  for (const { path, query } of lists as { path: string; query?: { properties: object } }[]) {
    const names = Object.keys(query?.properties ?? {});
    const queries = names.flatMap((name) => [`${name}=1`, `${name}=%27`, `${name}=&${name}=x`, `sort_key=${name}`]);
    for (const text of queries) {
      const { status } = await neutron.call('GET', `${path}?${text}`, { as: 'admin' });
      assert.ok(status < 500, `${path}?${text}: ${status}`);
    }
  }
  for (const path of ['/v2.0/floatingips', '/v2.0/security-group-rules']) {
    assert.equal((await neutron.call('GET', `${path}?name=x`, { as: 'member' })).status, 400, 'it has no name');
  }
});
