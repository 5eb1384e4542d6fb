/** For which ports of a shared network its DNS answers under which name. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { neutronServerRpc } from '../src/rpc/neutron-server.ts';
import { neutronDhcpAgent } from '../src/service.ts';
import {
  type As,
  configOf,
  type Json,
  makeNetwork,
  makePort,
  makeSubnet,
  type Neutron,
  startNeutron,
} from './harness.ts';

let neutron: Neutron;
let network: Json;
let stop: () => Promise<void>;
before(async () => {
  neutron = await startNeutron();
  const agent = await neutronDhcpAgent(neutron.env, configOf({ dataplane: 'fake' }));
  await agent.start();
  stop = () => agent.stop();
  network = await makeNetwork(neutron, { shared: true }, 'admin');
  await makeSubnet(neutron, network.id, '10.70.0.0/24', {}, 'admin');
});
after(async () => {
  await stop();
  await neutron.stop();
});

const named = (name: string, as: As) => makePort(neutron, network.id, { dns_name: name }, as);
const ipOf = (port: Json): string => port.fixed_ips[0].ip_address;

/** The name of each port's address, or undefined where it is the address's own. */
async function answered(...ports: Json[]): Promise<(string | undefined)[]> {
  const server = neutron.env.bus.client(neutronServerRpc, { from: 'test' });
  const [state] = (await server.dhcpState({ host: 'test-host', networkIds: [network.id] })).networks;
  return ports.map((port) => {
    const host = state?.hosts.find((one) => one.portId === port.id);
    assert.equal(host?.ip, ipOf(port), 'it gets its address in any case');
    return host?.hostname;
  });
}

describe('dns_name', () => {
  it('is its first project’s, in whatever letters; the API takes it again', async () => {
    const first = await named('db', 'other');
    const [second, third] = [await named('DB', 'member'), await named('db', 'other')];
    assert.equal(second.dns_name, 'DB');
    assert.equal(second.dns_assignment[0].hostname, 'DB');
    assert.deepEqual(await answered(first, second, third), ['db', undefined, 'db']);
    await neutron.ok('DELETE', `/v2.0/ports/${first.id}`, undefined, 'other');
    assert.deepEqual(await answered(second, third), ['DB', undefined]);
  });

  it('is not taken by an older port that is renamed, and lost by one that gives it up', async () => {
    const old = await makePort(neutron, network.id, {}, 'member');
    const first = await named('mail', 'other');
    const rename = (port: Json, name: string, as: As) =>
      neutron.ok('PUT', `/v2.0/ports/${port.id}`, { port: { dns_name: name } }, as);
    await rename(old, 'mail', 'member');
    assert.deepEqual(await answered(old, first), [undefined, 'mail']);
    await rename(first, 'Mail', 'other');
    await neutron.ok('PUT', `/v2.0/ports/${first.id}`, { port: { name: 'n' } }, 'other');
    assert.deepEqual(await answered(old, first), [undefined, 'Mail']);
    await rename(first, 'post', 'other');
    assert.deepEqual(await answered(old, first), ['mail', 'post']);
    await rename(first, 'mail', 'other');
    assert.deepEqual(await answered(old, first), ['mail', undefined]);
  });

  it('is none that programs trust, but in the network’s own project, and no address’s', async () => {
    for (const name of ['localhost', 'METADATA', 'instance-data', 'wpad', 'isatap']) {
      const foreign = await named(name, 'other');
      const own = await named(name, 'admin');
      assert.deepEqual(await answered(foreign, own), [undefined, name]);
    }
    const victim = await makePort(neutron, network.id, {}, 'member');
    const byAddress = (port: Json) => `host-${ipOf(port).replaceAll('.', '-')}`;
    const taken = [await named(byAddress(victim), 'other'), await named('host-10-70-0-250', 'other')];
    assert.deepEqual(await answered(victim, ...taken), [undefined, undefined, undefined]);
    assert.deepEqual(await answered(await named('host-1', 'other')), ['host-1']);
  });
});
