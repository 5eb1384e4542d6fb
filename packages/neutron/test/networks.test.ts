import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeNetwork, makePort, makeSubnet, type Neutron, startNeutron } from './harness.ts';

let neutron: Neutron;
before(async () => {
  neutron = await startNeutron();
});
after(() => neutron.stop());

describe('networks', () => {
  it('shows what was made, and provider attributes to administrators only', async () => {
    const made = await makeNetwork(neutron, { name: 'blue', description: 'sky' });
    assert.equal(made.status, 'ACTIVE');
    assert.equal(made.mtu, 1450);
    assert.equal(made.revision_number, 0);
    assert.match(made.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal('provider:network_type' in made, false);
    const { network } = await neutron.ok('GET', `/v2.0/networks/${made.id}`);
    assert.equal(network['provider:network_type'], 'vxlan');
    assert.equal(typeof network['provider:segmentation_id'], 'number');
  });

  it('hides other projects’ networks until they are shared', async () => {
    const made = await makeNetwork(neutron);
    const hidden = await neutron.call('GET', `/v2.0/networks/${made.id}`, { as: 'other' });
    assert.equal(hidden.status, 404);
    assert.equal(hidden.body.NeutronError.type, 'NetworkNotFound');
    await neutron.ok('PUT', `/v2.0/networks/${made.id}`, { network: { shared: true } });
    assert.equal((await neutron.call('GET', `/v2.0/networks/${made.id}`, { as: 'other' })).status, 200);
    assert.equal(
      (await neutron.call('PUT', `/v2.0/networks/${made.id}`, { as: 'other', body: { network: { name: 'x' } } }))
        .status,
      403,
    );
  });

  it('keeps attributes of administrators from others', async () => {
    for (const network of [{ shared: true }, { 'router:external': true }, { 'provider:network_type': 'flat' }]) {
      assert.equal((await neutron.call('POST', '/v2.0/networks', { as: 'member', body: { network } })).status, 403);
    }
    assert.equal(
      (await neutron.call('POST', '/v2.0/networks', { as: 'member', body: { network: { shared: false } } })).status,
      201,
    );
    assert.equal((await neutron.call('POST', '/v2.0/networks', { as: 'reader', body: { network: {} } })).status, 403);
    assert.equal((await neutron.call('POST', '/v2.0/networks', { as: null, body: { network: {} } })).status, 401);
  });

  it('gives each segment to one network', async () => {
    const flat = { 'provider:network_type': 'flat', 'provider:physical_network': 'public' };
    assert.equal((await neutron.call('POST', '/v2.0/networks', { body: { network: flat } })).status, 201);
    const again = await neutron.call('POST', '/v2.0/networks', { body: { network: flat } });
    assert.equal(again.status, 409);
    assert.equal(again.body.NeutronError.type, 'FlatNetworkInUse');
    const vxlan = { 'provider:network_type': 'vxlan', 'provider:segmentation_id': 777 };
    assert.equal((await neutron.call('POST', '/v2.0/networks', { body: { network: vxlan } })).status, 201);
    assert.equal((await neutron.call('POST', '/v2.0/networks', { body: { network: vxlan } })).status, 409);
    const made = await Promise.all(Array.from({ length: 20 }, () => makeNetwork(neutron, {}, 'admin')));
    assert.equal(new Set(made.map((network) => network['provider:segmentation_id'])).size, 20);
  });

  it('refuses what no network can be', async () => {
    const cases: [object, string][] = [
      [{ 'provider:network_type': 'token-ring' }, 'InvalidInput'],
      [{ 'provider:network_type': 'flat' }, 'InvalidInput'],
      [{ 'provider:segmentation_id': 5 }, 'InvalidInput'],
      [{ mtu: 9000 }, 'InvalidInput'],
      [{ name: 'x'.repeat(256) }, 'HTTPBadRequest'],
      [{ colour: 'blue' }, 'HTTPBadRequest'],
      [{ admin_state_up: 'perhaps' }, 'HTTPBadRequest'],
    ];
    for (const [network, type] of cases) {
      const reply = await neutron.call('POST', '/v2.0/networks', { body: { network } });
      assert.equal(reply.status, 400, JSON.stringify(network));
      assert.equal(reply.body.NeutronError.type, type, JSON.stringify(network));
    }
  });

  it('lists by filters, order, pages in both directions, fields', async () => {
    const names = ['p-1', 'p-2', 'p-3', 'p-4', 'p-5'];
    for (const name of names) await makeNetwork(neutron, { name, description: 'paged' }, 'other');
    const list = async (query: string) => neutron.ok('GET', `/v2.0/networks?${query}`, undefined, 'other');
    const first = await list('description=paged&sort_key=name&sort_dir=desc&limit=2');
    assert.deepEqual(
      first.networks.map((one: { name: string }) => one.name),
      ['p-5', 'p-4'],
    );
    const next = new URL(first.networks_links.find((link: { rel: string }) => link.rel === 'next').href);
    const second = await neutron.ok('GET', `${next.pathname}${next.search}`, undefined, 'other');
    assert.deepEqual(
      second.networks.map((one: { name: string }) => one.name),
      ['p-3', 'p-2'],
    );
    const back = new URL(second.networks_links.find((link: { rel: string }) => link.rel === 'previous').href);
    const again = await neutron.ok('GET', `${back.pathname}${back.search}`, undefined, 'other');
    assert.deepEqual(
      again.networks.map((one: { name: string }) => one.name),
      ['p-5', 'p-4'],
    );
    const some = await list('name=p-1&name=p-3&fields=name');
    assert.deepEqual(
      some.networks.sort((a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name)),
      [{ name: 'p-1' }, { name: 'p-3' }],
    );
    for (const query of ['colour=blue', 'sort_key=colour', 'limit=-1', 'marker=nowhere', 'mtu=wide']) {
      assert.equal((await neutron.call('GET', `/v2.0/networks?${query}`)).status, 400, query);
    }
  });

  it('is not deleted while it is used, and takes subnets and DHCP ports along', async () => {
    const network = await makeNetwork(neutron);
    const subnet = await makeSubnet(neutron, network.id, '10.9.0.0/24');
    const port = await makePort(neutron, network.id);
    const refused = await neutron.call('DELETE', `/v2.0/networks/${network.id}`, { as: 'member' });
    assert.equal(refused.status, 409);
    assert.equal(refused.body.NeutronError.type, 'NetworkInUse');
    await neutron.ok('DELETE', `/v2.0/ports/${port.id}`, undefined, 'member');
    await neutron.ok('DELETE', `/v2.0/networks/${network.id}`, undefined, 'member');
    assert.equal((await neutron.call('GET', `/v2.0/subnets/${subnet.id}`)).status, 404);
  });

  it('checks If-Match and counts revisions', async () => {
    const network = await makeNetwork(neutron);
    const url = `/v2.0/networks/${network.id}`;
    const headers = { 'if-match': 'revision_number=0' };
    const changed = await neutron.call('PUT', url, { as: 'member', body: { network: { name: 'n' } }, headers });
    assert.equal(changed.body.network.revision_number, 1);
    const late = await neutron.call('PUT', url, { as: 'member', body: { network: { name: 'm' } }, headers });
    assert.equal(late.status, 412);
    assert.equal(late.body.NeutronError.type, 'RevisionNumberConstraintFailed');
  });

  it('charges quota in the same transaction', async () => {
    const project = '44444444444444444444444444444444';
    await neutron.ok('PUT', `/v2.0/quotas/${project}`, { quota: { network: 1 } });
    await neutron.ok('POST', '/v2.0/networks', { network: { project_id: project } });
    const reply = await neutron.call('POST', '/v2.0/networks', { body: { network: { project_id: project } } });
    assert.equal(reply.status, 409);
    assert.equal(reply.body.NeutronError.type, 'OverQuota');
    const { quota } = await neutron.ok('GET', `/v2.0/quotas/${project}/details.json`);
    assert.deepEqual(quota.network, { limit: 1, used: 1, reserved: 0 });
  });

  it('takes tags', async () => {
    const network = await makeNetwork(neutron);
    const url = `/v2.0/networks/${network.id}/tags`;
    assert.deepEqual(await neutron.ok('PUT', url, { tags: ['red', 'old'] }, 'member'), { tags: ['old', 'red'] });
    assert.equal((await neutron.call('PUT', `${url}/new`, { as: 'member' })).status, 201);
    assert.equal((await neutron.call('GET', `${url}/new`, { as: 'member' })).status, 204);
    assert.equal((await neutron.call('DELETE', `${url}/old`, { as: 'member' })).status, 204);
    assert.equal((await neutron.call('GET', url, { as: 'other' })).status, 404);
    const found = await neutron.ok('GET', '/v2.0/networks?tags=red,new', undefined, 'member');
    assert.deepEqual(
      found.networks.map((one: { id: string }) => one.id),
      [network.id],
    );
    const none = await neutron.ok('GET', `/v2.0/networks?id=${network.id}&not-tags-any=red`, undefined, 'member');
    assert.deepEqual(none.networks, []);
  });
});
