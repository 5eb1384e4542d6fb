import { hkdfSync } from 'node:crypto';
import type { ServerDescription } from '../rpc/shapes.ts';

const SEED_BYTES = 512;
/** What guests that ask for a full name get. */
export const GUEST_DOMAIN = 'novalocal';

/** Versions of the OpenStack format, oldest first; `latest` is another name of the newest. */
export const OPENSTACK_VERSIONS = [
  '2012-08-10',
  '2013-04-04',
  '2013-10-17',
  '2015-10-15',
  '2016-06-30',
  '2016-10-06',
  '2017-02-22',
  '2018-08-27',
  '2020-10-14',
] as const;

/** `meta_data.json` as of a version. `seedSecret` makes the seed: the same for the same server, a secret for others. */
export function metaData(server: ServerDescription, seedSecret: string, version = 'latest'): Record<string, unknown> {
  const since = (first: string) => version === 'latest' || version >= first;
  const keys =
    server.keyName === null
      ? []
      : [{ name: server.keyName, type: server.keyType ?? 'ssh', data: server.keyData ?? '' }];
  return {
    uuid: server.id,
    ...(Object.keys(server.metadata).length > 0 ? { meta: server.metadata } : {}),
    ...(keys.length > 0 ? { public_keys: { [server.keyName!]: server.keyData ?? '' } } : {}),
    hostname: fullName(server),
    name: server.name,
    launch_index: server.launchIndex,
    availability_zone: server.availabilityZone ?? 'nova',
    ...(since('2013-04-04') ? { random_seed: randomSeed(server.id, seedSecret) } : {}),
    ...(since('2015-10-15') ? { keys, project_id: server.projectId } : {}),
    ...(since('2016-06-30') ? { devices: [] } : {}),
    ...(since('2020-10-14') ? { dedicated_cpus: [] } : {}),
  };
}

export function fullName({ hostname }: Pick<ServerDescription, 'hostname'>): string {
  return `${hostname}.${GUEST_DOMAIN}`;
}

/** A step that is run twice must make the same config drive, so the seed is derived and not drawn. */
function randomSeed(serverId: string, seedSecret: string): string {
  return Buffer.from(hkdfSync('sha512', seedSecret, serverId, 'random_seed', SEED_BYTES)).toString('base64');
}
