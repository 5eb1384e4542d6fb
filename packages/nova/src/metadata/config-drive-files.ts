import type { ServerDescription } from '../rpc/shapes.ts';
import { EC2_VERSIONS, ec2Json } from './ec2-data.ts';
import { metaData, OPENSTACK_VERSIONS } from './meta-data.ts';
import { networkData } from './network-data.ts';
import type { SubnetFacts } from './subnet-facts.ts';

/** Everything on a config drive: path → content, in the formats of OpenStack and EC2. */
export function configDriveFiles(
  server: ServerDescription,
  subnets: readonly SubnetFacts[],
  seedSecret: string,
): Record<string, string> {
  const files: Record<string, string> = {};
  const userData = server.userData === null ? undefined : Buffer.from(server.userData, 'base64').toString('utf8');
  for (const version of [...OPENSTACK_VERSIONS, 'latest']) {
    const since = (first: string) => version === 'latest' || version >= first;
    files[`openstack/${version}/meta_data.json`] = JSON.stringify(metaData(server, seedSecret, version));
    if (userData !== undefined) files[`openstack/${version}/user_data`] = userData;
    if (since('2013-10-17')) files[`openstack/${version}/vendor_data.json`] = '{}';
    if (since('2015-10-15'))
      files[`openstack/${version}/network_data.json`] = JSON.stringify(networkData(server.networkInfo, subnets));
    if (since('2016-10-06')) files[`openstack/${version}/vendor_data2.json`] = '{}';
  }
  for (const version of [EC2_VERSIONS.at(-1)!, 'latest']) {
    files[`ec2/${version}/meta-data.json`] = JSON.stringify(ec2Json(server));
    if (userData !== undefined) files[`ec2/${version}/user-data`] = userData;
  }
  return files;
}
