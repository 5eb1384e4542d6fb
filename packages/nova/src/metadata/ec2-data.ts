import { createHash } from 'node:crypto';
import type { ServerDescription } from '../rpc/shapes.ts';
import { fullName } from './meta-data.ts';

/** Versions of the EC2 format, oldest first; `latest` is another name of the newest. */
export const EC2_VERSIONS = [
  '1.0',
  '2007-01-19',
  '2007-03-01',
  '2007-08-29',
  '2007-10-10',
  '2007-12-15',
  '2008-02-01',
  '2008-09-01',
  '2009-04-04',
] as const;

export type Ec2Tree = { readonly [name: string]: string | Ec2Tree };

/** EC2's `meta-data`: a directory is a tree, a file is a text. */
export function ec2MetaData(server: ServerDescription): Ec2Tree {
  const addresses = server.networkInfo.flatMap((nic) => nic.addresses).filter(({ version }) => version === 4);
  const floating = addresses.flatMap((address) => address.floating);
  const hostname = fullName(server);
  return {
    'ami-id': shortId('ami', server.imageRef),
    'ami-launch-index': String(server.launchIndex),
    'ami-manifest-path': 'FIXME',
    'block-device-mapping': { ami: 'vda', root: server.rootDeviceName ?? '/dev/vda' },
    hostname,
    'instance-action': 'none',
    'instance-id': shortId('i', server.id),
    'instance-type': server.flavor.name,
    'local-hostname': hostname,
    'local-ipv4': addresses[0]?.address ?? '',
    placement: { 'availability-zone': server.availabilityZone ?? 'nova' },
    'public-hostname': hostname,
    'public-ipv4': floating[0] ?? '',
    ...(server.keyName === null
      ? {}
      : { 'public-keys': { [`0=${server.keyName}`]: { 'openssh-key': server.keyData ?? '' } } }),
    'reservation-id': server.reservationId,
    'security-groups': server.request.securityGroupNames.join('\n') || 'default',
  };
}

/** The same as one JSON object, as the config drive has it. */
export function ec2Json(server: ServerDescription): Record<string, unknown> {
  const { 'public-keys': keys, ...rest } = ec2MetaData(server);
  const named =
    keys === undefined
      ? {}
      : { 'public-keys': { '0': { _name: `0=${server.keyName}`, 'openssh-key': server.keyData ?? '' } } };
  return { ...rest, ...named };
}

/** EC2 has short ids; these are derived, so nothing must be stored. */
function shortId(kind: string, id: string): string {
  return `${kind}-${createHash('sha256').update(id).digest('hex').slice(0, 8)}`;
}
