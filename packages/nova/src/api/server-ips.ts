import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { reader } from './policies.ts';
import { onServer, ServerParams } from './shared-schemas.ts';

const IpParams = T.Object({ ...ServerParams.properties, network_label: T.String({ maxLength: 255 }) });
const PlainAddresses = T.Record(T.String(), T.Array(T.Object({ version: T.Integer(), addr: T.String() })));

export const listIps = operation({
  ...onServer,
  name: 'listIps',
  method: 'GET',
  path: '/v2.1/servers/{server_id}/ips',
  policy: reader('ips:index'),
  reply: T.Object({ addresses: PlainAddresses }),
});
export const showIps = operation({
  ...onServer,
  name: 'showIps',
  method: 'GET',
  path: '/v2.1/servers/{server_id}/ips/{network_label}',
  params: IpParams,
  policy: reader('ips:show'),
  reply: PlainAddresses,
});
