import { readFile } from 'node:fs/promises';
import { type IdBounds, type Ids, NetworkGuard, type Peer } from '@kumo/core/confine';
import type { GuestDisk } from '../driver.ts';
import type { GuestIds } from './guest-ids.ts';
import { instancePaths, listInstances, readStored } from './instance-files.ts';

/** As whom every guest ran before each had an id; those that still run are kept off the network as well. */
const FORMER_USER = 'kumo-guest';

/** The guard over this host's guests, with the peers that their definitions name. */
export async function openGuestGuard(stateDir: string, bounds: IdBounds, ids: GuestIds): Promise<NetworkGuard> {
  const former = (await formerUser())?.uid;
  const peers = new Map<number, Peer[]>();
  for (const serverId of await listInstances(stateDir)) {
    const stored = await readStored(instancePaths(stateDir, serverId));
    const uid = ids.of(serverId) ?? former;
    if (stored && uid !== undefined) peers.set(uid, [...(peers.get(uid) ?? []), ...peersOf(stored.spec.disks)]);
  }
  return NetworkGuard.open(bounds, { also: former === undefined ? [] : [former], peers, from: 'nova-compute' });
}

/** The servers over the network that QEMU itself is a client of. */
export function peersOf(disks: readonly GuestDisk[]): Peer[] {
  const peers = disks.flatMap(({ source: { host, port } }) =>
    host !== undefined && port !== undefined ? [{ host, port }] : [],
  );
  return [...new Map(peers.map((peer) => [`${peer.host} ${peer.port}`, peer])).values()];
}

/** Its user and group id. */
export async function formerUser(): Promise<Ids | undefined> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((entry) => entry.startsWith(`${FORMER_USER}:`));
  const [, , uid, gid] = line?.split(':').map(Number) ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}
