/**
 * A first server with the official client, on one machine with everything real: image, network, volume, ssh through a
 * floating IP; what networks let through and what they do not; and that nothing is left when everything was deleted.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Api } from '../src/api.ts';
import { type Audit, settledAudit, untilAsBefore } from '../src/audit.ts';
import { Cloud } from '../src/cloud.ts';
import { outcomeOf } from '../src/command.ts';
import { eventually } from '../src/eventually.ts';
import { GuestShell } from '../src/guest-shell.ts';
import { guestPids, hostState } from '../src/host-state.ts';
import { fixedAddress, giveFloatingIp, idOf, requestServer, untilStatus, untilVolume } from '../src/servers.ts';
import { story } from '../src/story.ts';

const files = mkdtempSync('/tmp/kumo-e2e-');
const keyFile = join(files, 'key');
let cloud: Cloud;
let admin: Api;
let demo: Api;
let fresh: Audit;

before(async () => {
  cloud = await Cloud.start();
  [admin, demo] = await Promise.all([cloud.api('admin'), cloud.api('demo')]);
  fresh = await settledAudit(cloud, admin);
});
after(async () => {
  await cloud?.[Symbol.asyncDispose]();
  rmSync(files, { recursive: true });
});

const cli = <T = Record<string, string>>(line: string) => cloud.openstack<T>(line.split(' '), 'demo');
const say = (line: string) => cloud.openstackText(line.split(' '), 'demo');
const digestOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** What earlier steps made, for later ones. */
const made = {
  networkId: '',
  otherNetworkId: '',
  firstId: '',
  firstAddress: '',
  secondId: '',
  secondAddress: '',
  volumeId: '',
};
const BOOT_ID = 'cat /proc/sys/kernel/random/boot_id';
const THIRD_ADDRESS = '10.77.0.200';
const SPOOFED = '10.77.0.99';
let first: GuestShell;
let second: GuestShell;

test('the official client: from a token to a guest that is reached by ssh', async (t) => {
  await story(t, {
    'token issue': async () => {
      const token = await cli('token issue');
      assert.equal(token.project_id, demo.projectId);
      assert.ok(Date.parse(token.expires!) > Date.now());
    },
    'catalog list': async () => {
      const catalog =
        await cli<{ Type: string; Endpoints: { interface: string; region: string; url: string }[] }[]>('catalog list');
      const types = catalog.map((entry) => entry.Type);
      for (const type of ['identity', 'image', 'placement', 'compute', 'network', 'volumev3'])
        assert.ok(types.includes(type), `${type} in ${types}`);
      for (const { Type, Endpoints } of catalog) {
        assert.deepEqual(Endpoints.map((endpoint) => endpoint.interface).sort(), ['admin', 'internal', 'public'], Type);
        for (const { region } of Endpoints) assert.equal(region, 'RegionOne');
      }
    },
    'image save, create, list': async () => {
      const [saved, again] = [join(files, 'saved.qcow2'), join(files, 'again.qcow2')];
      await say(`image save --file ${saved} kumo-guest`);
      await cli(`image create --disk-format qcow2 --container-format bare --file ${saved} mine`);
      // The client prints the image as it was before its data was there.
      const image = await cli<{ size: number }>('image show mine');
      assert.equal(image.size, statSync(saved).size);
      await say(`image save --file ${again} mine`);
      assert.equal(digestOf(again), digestOf(saved));
      const listed = await cli<{ Name: string; Status: string }[]>('image list');
      assert.deepEqual(listed.map(({ Name, Status }) => `${Name} ${Status}`).sort(), [
        'kumo-guest active',
        'mine active',
      ]);
    },
    'flavor create': async () => {
      const flavor = await cloud.openstack<{ ram: number; disk: number; vcpus: number }>([
        'flavor',
        'create',
        '--ram',
        '64',
        '--disk',
        '1',
        '--vcpus',
        '1',
        'tiny',
      ]);
      assert.deepEqual([flavor.ram, flavor.disk, flavor.vcpus], [64, 1, 1]);
    },
    'keypair create': async () => {
      const pair = await cli(`keypair create --private-key ${keyFile} mine`);
      // The client writes it readable for all; ssh refuses that.
      chmodSync(keyFile, 0o600);
      assert.match(pair.fingerprint!, /^[0-9a-f]{2}(:[0-9a-f]{2}){15}$/);
      assert.match(readFileSync(keyFile, 'utf8'), /^-----BEGIN .*PRIVATE KEY-----/);
      // The client leaves it readable for everybody, which ssh refuses.
      chmodSync(keyFile, 0o600);
    },
    'network, subnet, router create': async () => {
      made.networkId = (await cli('network create here')).id!;
      const subnet = await cli('subnet create --network here --subnet-range 10.77.0.0/24 here');
      assert.equal(subnet.gateway_ip, '10.77.0.1');
      await cli('router create way-out');
      await say('router add subnet way-out here');
      await say('router set --external-gateway public way-out');
    },
    'security group rule create': async () => {
      await cli('security group create open');
      const rule = await cli<{ port_range_min: number; direction: string }>(
        'security group rule create --protocol tcp --dst-port 22 open',
      );
      assert.deepEqual([rule.port_range_min, rule.direction], [22, 'ingress']);
      await cli('security group rule create --protocol icmp open');
    },
    'server create --wait': async () => {
      const server = await cli(
        'server create --image mine --flavor tiny --network here --key-name mine --security-group open --wait first',
      );
      assert.equal(server.status, 'ACTIVE');
      made.firstId = server.id!;
      assert.deepEqual([...guestPids(cloud.stateDir).keys()], [made.firstId], 'one guest runs');
    },
    'server show, list': async () => {
      const shown = await cli<{ name: string; addresses: Record<string, string[]> }>('server show first');
      assert.deepEqual([shown.name, Object.keys(shown.addresses)], ['first', ['here']]);
      made.firstAddress = shown.addresses.here![0]!;
      assert.match(made.firstAddress, /^10\.77\.0\.\d+$/);
      const [listed, ...more] =
        await cli<{ ID: string; Status: string; Image: string; Flavor: string }[]>('server list');
      assert.deepEqual(
        [listed!.ID, listed!.Status, listed!.Image, listed!.Flavor, more.length],
        [made.firstId, 'ACTIVE', 'mine', 'tiny', 0],
      );
    },
    'floating ip create, server add floating ip, ssh': async () => {
      const { floating_ip_address: address } = await cli<{ floating_ip_address: string }>('floating ip create public');
      assert.ok(address.startsWith(`${cloud.publicPrefix}.`), address);
      await say(`server add floating ip first ${address}`);
      first = await new GuestShell(address, keyFile).ready();
      assert.equal(await first.run('hostname'), 'first');
      const metadata = JSON.parse(
        await first.run('wget -q -O - http://169.254.169.254/openstack/latest/meta_data.json'),
      ) as { uuid: string; hostname: string };
      assert.equal(metadata.uuid, made.firstId);
    },
    'console log show': async () => {
      assert.match(await say('console log show first'), /kumo-guest: ssh ready/);
    },
    'server reboot, and what was written is still there': async () => {
      await first.run('echo kept > /root/kept; sync');
      const bootId = await first.run(BOOT_ID);
      await say('server reboot --wait first');
      await eventually(
        'the guest to have booted again',
        async () => (await first.run(BOOT_ID, 10_000)) !== bootId || undefined,
        { timeoutMs: 90_000, everyMs: 1000 },
      );
      assert.equal(await first.run('cat /root/kept'), 'kept');
    },
    'server stop, start': async () => {
      await say('server stop first');
      await untilStatus(demo, made.firstId, 'SHUTOFF');
      assert.deepEqual(guestPids(cloud.stateDir), new Map(), 'no guest runs');
      await say('server start first');
      await untilStatus(demo, made.firstId, 'ACTIVE');
      await first.ready();
      assert.equal(await first.run('cat /root/kept'), 'kept');
    },
  });
});

/** A second server, whose group lets nothing in at first, and a third one on another network with the same addresses. */
async function moreServers(): Promise<void> {
  await demo.post('network', '/security-groups', { security_group: { name: 'closed' } });
  const { network } = await demo.post<{ network: { id: string } }>('network', '/networks', {
    network: { name: 'there' },
  });
  await demo.post('network', '/subnets', { subnet: { network_id: network.id, cidr: '10.77.0.0/24', ip_version: 4 } });
  made.otherNetworkId = network.id;
  const [imageRef, flavorRef] = await Promise.all([
    idOf(demo, 'image', 'images', 'mine'),
    idOf(demo, 'compute', 'flavors', 'tiny'),
  ]);
  const parts = { imageRef, flavorRef, key_name: 'mine' };
  made.secondId = await requestServer(demo, {
    ...parts,
    name: 'second',
    networks: [{ uuid: made.networkId }],
    security_groups: [{ name: 'closed' }],
  });
  const networks = [{ uuid: network.id, fixed_ip: THIRD_ADDRESS }];
  const thirdId = await requestServer(demo, { ...parts, name: 'third', networks, security_groups: [{ name: 'open' }] });
  made.secondAddress = fixedAddress(await untilStatus(demo, made.secondId, 'ACTIVE'));
  assert.equal(fixedAddress(await untilStatus(demo, thirdId, 'ACTIVE')), THIRD_ADDRESS);
}

const upOf = async (id: string) =>
  /kumo-guest: ssh ready/.test(
    (await demo.post<{ output: string }>('compute', `/servers/${id}/action`, { 'os-getConsoleOutput': {} })).output,
  ) || undefined;

async function portOf(serverId: string): Promise<string> {
  const { ports } = await demo.get<{ ports: { id: string }[] }>('network', `/ports?device_id=${serverId}`);
  return ports[0]!.id;
}

const allow = (group: string, rule: object) =>
  demo.post('network', '/security-group-rules', {
    security_group_rule: { security_group_id: group, direction: 'ingress', ethertype: 'IPv4', ...rule },
  });

test('guests reach what they may reach and nothing else', async (t) => {
  assert.ok(first, 'the first server is up');
  let closed = '';
  await story(t, {
    'two more guests boot': async () => {
      await moreServers();
      closed = await idOf(demo, 'network', 'security-groups', 'closed');
      await eventually('the second guest to be up', () => upOf(made.secondId), { timeoutMs: 90_000 });
    },
    'a security group that allows nothing lets nothing in': async () => {
      assert.equal(await first.pings(made.secondAddress), false);
      assert.notEqual((await first.outcome(`nc -w 3 ${made.secondAddress} 22 < /dev/null`)).code, 0);
    },
    'two guests on one network reach each other when it is allowed': async () => {
      await allow(closed, { protocol: 'icmp' });
      await eventually('the second guest to answer', async () => (await first.pings(made.secondAddress)) || undefined, {
        timeoutMs: 20_000,
      });
    },
    'a spoofed source address is dropped, until the port may have it': async () => {
      await first.run(`ip addr add ${SPOOFED}/32 dev eth0`);
      assert.equal(await first.pings(made.secondAddress, `-I ${SPOOFED}`), false);
      assert.equal(await first.pings(made.secondAddress, `-I ${made.firstAddress}`), true, 'its own address works');
      await demo.put('network', `/ports/${await portOf(made.firstId)}`, {
        port: { allowed_address_pairs: [{ ip_address: SPOOFED }] },
      });
      await eventually(
        'the allowed address to be let through',
        async () => (await first.pings(made.secondAddress, `-I ${SPOOFED}`)) || undefined,
        { timeoutMs: 20_000 },
      );
    },
    'a guest on another network is not reached, though it has an address of the same range': async () => {
      const ping = () =>
        outcomeOf('ip', ['netns', 'exec', `qdhcp-${made.otherNetworkId}`, 'ping', '-c', '1', '-W', '2', THIRD_ADDRESS]);
      await eventually(
        'the third guest to answer on its own network',
        async () => (await ping()).code === 0 || undefined,
        { timeoutMs: 60_000 },
      );
      assert.equal(await first.pings(THIRD_ADDRESS), false);
    },
  });
});

test('the bytes that one guest wrote on a volume are read by another', async (t) => {
  assert.ok(made.secondAddress, 'two servers are up');
  let digest = '';
  await story(t, {
    'volume create, server add volume': async () => {
      const volume = await cli<{ id: string; size: number }>('volume create --size 1 bytes');
      assert.equal(volume.size, 1);
      made.volumeId = volume.id;
      await untilVolume(demo, volume.id, 'available');
      assert.deepEqual(await first.extraDisks(), []);
      await say('server add volume first bytes');
      await eventually('the disk in the guest', async () => (await first.extraDisks()).length === 1 || undefined, {
        timeoutMs: 30_000,
      });
      await untilVolume(demo, volume.id, 'in-use');
    },
    'written in the first guest': async () => {
      const [disk] = await first.extraDisks();
      assert.equal(await first.run(`cat /sys/block/${disk}/size`), String(2 ** 30 / 512));
      await first.run(`dd if=/dev/urandom of=/dev/${disk} bs=1M count=8 && sync`);
      digest = await first.run(`dd if=/dev/${disk} bs=1M count=8 2>/dev/null | sha256sum`);
    },
    'server remove volume': async () => {
      await say('server remove volume first bytes');
      await untilVolume(demo, made.volumeId, 'available');
      assert.deepEqual(await first.extraDisks(), []);
    },
    'the same bytes in the second guest': async () => {
      await allow(await idOf(demo, 'network', 'security-groups', 'closed'), {
        protocol: 'tcp',
        port_range_min: 22,
        port_range_max: 22,
      });
      const { address } = await giveFloatingIp(demo, made.secondId);
      second = await new GuestShell(address, keyFile).ready();
      await say('server add volume second bytes');
      await eventually('the disk in the guest', async () => (await second.extraDisks()).length === 1 || undefined, {
        timeoutMs: 30_000,
      });
      const [disk] = await second.extraDisks();
      assert.equal(await second.run(`dd if=/dev/${disk} bs=1M count=8 2>/dev/null | sha256sum`), digest);
    },
  });
});

/** Deletes every one of a list, in its order. */
async function deleteAll(
  api: Api,
  service: 'network' | 'volume',
  list: string,
  keep: (item: { name: string }) => boolean = () => false,
): Promise<void> {
  const body = await api.get<Record<string, { id: string; name: string }[]>>(service, `/${list}`);
  for (const { id } of (body[list.replaceAll('-', '_')] ?? []).filter((item) => !keep(item)))
    await api.delete(service, `/${list}/${id}`);
}

/** Takes a router's interfaces from it, so that it can be deleted. */
async function deleteRouters(api: Api, wanted: (name: string) => boolean): Promise<void> {
  const { routers } = await api.get<{ routers: { id: string; name: string }[] }>('network', '/routers');
  for (const { id } of routers.filter(({ name }) => wanted(name))) {
    const { ports } = await api.get<{ ports: { id: string }[] }>(
      'network',
      `/ports?device_id=${id}&device_owner=network:router_interface`,
    );
    for (const port of ports) await api.put('network', `/routers/${id}/remove_router_interface`, { port_id: port.id });
    await api.delete('network', `/routers/${id}`);
  }
}

test('nothing is left when everything was deleted', async (t) => {
  await story(t, {
    'server delete --wait': async () => {
      await say('server delete --wait first second third');
      assert.deepEqual(guestPids(cloud.stateDir), new Map());
      await untilVolume(demo, made.volumeId, 'available');
    },
    'the rest is deleted, and the cloud is as it was when it was fresh': async () => {
      await deleteAll(demo, 'network', 'floatingips');
      await deleteAll(demo, 'volume', 'volumes');
      await deleteRouters(demo, (name) => name === 'way-out');
      for (const id of [made.networkId, made.otherNetworkId]) await demo.delete('network', `/networks/${id}`);
      await deleteAll(demo, 'network', 'security-groups', ({ name }) => name === 'default');
      await demo.delete('image', `/images/${await idOf(demo, 'image', 'images', 'mine')}`);
      await demo.delete('compute', '/os-keypairs/mine');
      await untilAsBefore(cloud, admin, fresh);
    },
    'without any network there is no tap, bridge, namespace or process': async () => {
      await deleteRouters(admin, () => true);
      await deleteAll(admin, 'network', 'networks');
      const nothing = await eventually(
        'an empty host',
        async () => {
          const { namespaces, processes, links } = await hostState(cloud);
          const ours = links.filter((line) => /\(kumo:/.test(line) && !/:external:/.test(line));
          return namespaces.length + processes.length + ours.length === 0 ? true : undefined;
        },
        { timeoutMs: 20_000 },
      ).catch(() => false);
      assert.ok(nothing, JSON.stringify(await hostState(cloud), null, 1));
    },
  });
});
