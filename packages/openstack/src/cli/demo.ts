import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '@kumo/core/exec';
import { type CloudClients, cloudClients } from '../cloud/peers.ts';
import type { KumoConfig } from '../config/schema.ts';
import { openSecrets } from '../config/secrets.ts';
import { readRunFile } from '../system/run-file.ts';
import { CommandError } from './command-error.ts';
import { print } from './output.ts';
import type { Progress } from './progress.ts';
import { printStep, stepsOfServer } from './trace.ts';

const BUILD_TIMEOUT_MS = 300_000;
const POLL_MS = 200;
/** Spans are written in batches this far apart at most. */
const TRACE_DELAY_MS = 600;

/** `kumo demo`: a server on `private` with a volume and a floating IP, through the public APIs; its 28 steps as they happen. */
export async function demoCommand(config: KumoConfig, progress: Progress): Promise<void> {
  if (!readRunFile(config.stateDir)?.ready)
    throw new CommandError('Kumo is not up: start it with kumo up --detach, then run the demo again');
  const secrets = openSecrets(config.stateDir, config.passwords);
  const clients = cloudClients(config, { username: 'admin', password: secrets.admin, project: 'admin' });
  try {
    await demo(clients, config, progress);
  } finally {
    await clients.close();
  }
}

async function demo(clients: CloudClients, config: KumoConfig, progress: Progress): Promise<void> {
  const suffix = Date.now().toString(36);
  const keyFile = await makeKey(clients, config, `demo-${suffix}`);
  const securityGroup = await makeSecurityGroup(clients, `demo-${suffix}`);
  const volume = await progress.during('making a volume', () => makeVolume(clients, `demo-${suffix}`));
  const networkId = await onlyId(
    'network private',
    clients.neutron.listNetworks({ query: { name: ['private'] } }).then(({ networks }) => networks),
  );
  const imageId = await onlyId(
    'image kumo-guest',
    clients.glance.listImages({ query: { name: 'kumo-guest' } }).then(({ images }) => images),
  );
  print(`Booting server demo-${suffix} from image kumo-guest on network private, with a volume:`);
  const { server } = await clients.nova.createServer({
    version: '2.60',
    body: {
      server: {
        name: `demo-${suffix}`,
        flavorRef: '42',
        imageRef: imageId,
        key_name: `demo-${suffix}`,
        networks: [{ uuid: networkId }],
        security_groups: [{ name: securityGroup }],
        block_device_mapping_v2: [
          {
            boot_index: 0,
            uuid: imageId,
            source_type: 'image',
            destination_type: 'local',
            delete_on_termination: true,
          },
          { uuid: volume, source_type: 'volume', destination_type: 'volume', delete_on_termination: true },
        ],
      },
    },
  });
  if (!server) throw new CommandError('nova-api gave no server');
  await showBuild(clients, config, server.id);
  const address = await giveFloatingIp(clients, server.id);
  print();
  print(`The server is ACTIVE; its guest is up in some seconds. Reach it with:`);
  print(`  ssh -i ${keyFile} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@${address}`);
  print(`See its steps again with: kumo trace ${server.id}`);
  print(`Remove it with:           openstack server delete ${server.id}`);
}

/** Prints each step once it is seen, in order, until the server is built. */
async function showBuild({ nova }: CloudClients, config: KumoConfig, serverId: string): Promise<void> {
  const deadline = Date.now() + BUILD_TIMEOUT_MS;
  let shown = 0;
  for (;;) {
    const { server } = await nova.showServer({ params: { server_id: serverId }, version: '2.60' });
    const isOver = server.status === 'ACTIVE' || server.status === 'ERROR';
    if (isOver) await new Promise((resolve) => setTimeout(resolve, TRACE_DELAY_MS));
    const steps = seenSteps(config.stateDir, serverId);
    while (shown < steps.length && (isOver || !steps[shown]!.skipped)) printStep(steps[shown++]!);
    if (server.status === 'ERROR')
      throw new CommandError(
        `the server is in ERROR: ${server.fault?.message ?? 'no fault is recorded'}; see kumo logs nova-compute`,
      );
    if (isOver) return;
    if (Date.now() > deadline)
      throw new CommandError(
        `the server is still ${server.status} after ${BUILD_TIMEOUT_MS / 1000} s; see kumo logs nova-compute`,
      );
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Nothing while the first spans are not written yet. */
function seenSteps(stateDir: string, serverId: string) {
  try {
    return stepsOfServer(stateDir, serverId);
  } catch (error) {
    if (error instanceof CommandError) return [];
    throw error;
  }
}

/** A key pair of the demo's own, in a file for ssh; Nova gets the public half. */
async function makeKey({ nova }: CloudClients, config: KumoConfig, name: string): Promise<string> {
  const file = join(mkdtempSync(join(config.stateDir, 'demo-')), 'id');
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file]);
  const publicKey = readFileSync(`${file}.pub`, 'utf8').trim();
  await nova.createKeyPair({ body: { keypair: { name, public_key: publicKey } }, version: '2.60' });
  return file;
}

async function makeSecurityGroup({ neutron }: CloudClients, name: string): Promise<string> {
  const { security_group } = await neutron.createSecurityGroup({
    body: { security_group: { name, description: 'ssh and ping' } },
  });
  const rules = [{ protocol: 'tcp', port_range_min: 22, port_range_max: 22 }, { protocol: 'icmp' }];
  for (const rule of rules) {
    await neutron.createSecurityGroupRule({
      body: {
        security_group_rule: { security_group_id: security_group.id, direction: 'ingress', ethertype: 'IPv4', ...rule },
      },
    });
  }
  return name;
}

async function makeVolume({ cinder }: CloudClients, name: string): Promise<string> {
  const { volume } = await cinder.createVolume({ body: { volume: { name, size: 1 } } });
  const deadline = Date.now() + 60_000;
  for (;;) {
    const { status } = (await cinder.showVolume({ params: { volume_id: volume.id } })).volume;
    if (status === 'available') return volume.id;
    if (status === 'error' || Date.now() > deadline)
      throw new CommandError(`the volume is ${status}; see kumo logs cinder-volume`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function giveFloatingIp({ neutron }: CloudClients, serverId: string): Promise<string> {
  const { ports } = await neutron.listPorts({ query: { device_id: [serverId] } });
  const publicId = await onlyId(
    'network public',
    neutron.listNetworks({ query: { name: ['public'] } }).then(({ networks }) => networks),
  );
  const port = ports[0];
  if (!port) throw new CommandError('the server has no port');
  const { floatingip } = await neutron.createFloatingIp({
    body: { floatingip: { floating_network_id: publicId, port_id: port.id } },
  });
  return floatingip.floating_ip_address;
}

async function onlyId(what: string, list: Promise<readonly { id: string }[]>): Promise<string> {
  const [found] = await list;
  if (!found) throw new CommandError(`${what} is not there: it was made at the first kumo up and deleted since`);
  return found.id;
}
