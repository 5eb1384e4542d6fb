import { operation } from '@kumo/core/http';
import { policy } from '@kumo/core/policy';
import { Nullable } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { PROJECT } from './policies.ts';
import {
  Address,
  Flag,
  Id,
  ifMatch,
  listQuery,
  NullableString,
  nameInput,
  ownerInput,
  PageLinks,
  Route,
  showQuery,
  standardBody,
} from './shared-schemas.ts';

const OWNER_OR_NETWORK_OWNER =
  'role:member and project_id:%(project_id)s or (rule:admin_only) or (role:member and rule:network_owner)';

const Pool = T.Object({ start: Address, end: Address }, { additionalProperties: false });
const Ipv6Mode = Nullable(T.Enum(['slaac', 'dhcpv6-stateful', 'dhcpv6-stateless']));

export const SubnetBody = T.Object({
  ...standardBody,
  network_id: T.String(),
  ip_version: T.Integer(),
  cidr: T.String(),
  gateway_ip: NullableString,
  enable_dhcp: T.Boolean(),
  allocation_pools: T.Array(Pool),
  dns_nameservers: T.Array(T.String()),
  host_routes: T.Array(Route),
  ipv6_address_mode: NullableString,
  ipv6_ra_mode: NullableString,
  service_types: T.Array(T.String()),
  subnetpool_id: T.Null(),
});

const writable = {
  ...nameInput,
  gateway_ip: T.Optional(Nullable(Address)),
  enable_dhcp: T.Optional(Flag),
  allocation_pools: T.Optional(Nullable(T.Array(Pool, { maxItems: 64 }))),
  dns_nameservers: T.Optional(Nullable(T.Array(Address, { maxItems: 64 }))),
  host_routes: T.Optional(Nullable(T.Array(Route, { maxItems: 256 }))),
  service_types: T.Optional(T.Array(T.String({ maxLength: 255 }), { maxItems: 16 })),
} as const;

const SubnetCreate = T.Object(
  {
    ...writable,
    ...ownerInput,
    network_id: Id,
    ip_version: T.Union([T.Integer(), T.String({ pattern: '^[46]$', form: '4 or 6' })]),
    cidr: T.String({ maxLength: 64 }),
    ipv6_address_mode: T.Optional(Ipv6Mode),
    ipv6_ra_mode: T.Optional(Ipv6Mode),
    subnetpool_id: T.Optional(T.Null()),
  },
  { additionalProperties: false },
);

export const createSubnet = operation({
  name: 'createSubnet',
  method: 'POST',
  path: '/v2.0/subnets',
  action: 'subnet',
  policy: policy('create_subnet', '(rule:admin_only) or (role:member and rule:network_owner)', PROJECT),
  authorize: 'resource',
  body: T.Object({ subnet: SubnetCreate }, { additionalProperties: false }),
  reply: T.Object({ subnet: SubnetBody }),
  status: 201,
  errors: [400, 401, 403, 404, 409],
});

/** All of them or none. */
export const createSubnets = operation({
  name: 'createSubnets',
  method: 'POST',
  path: '/v2.0/subnets',
  action: 'subnets',
  policy: createSubnet.policy,
  authorize: 'resource',
  body: T.Object({ subnets: T.Array(SubnetCreate, { minItems: 1, maxItems: 100 }) }, { additionalProperties: false }),
  reply: T.Object({ subnets: T.Array(SubnetBody) }),
  status: 201,
  errors: [400, 401, 403, 404, 409],
});

export const listSubnets = operation({
  name: 'listSubnets',
  method: 'GET',
  path: '/v2.0/subnets',
  policy: policy(
    'get_subnet',
    'role:reader and project_id:%(project_id)s or rule:shared or rule:external_network or (rule:admin_only) or (role:reader and rule:network_owner) or rule:service_api',
    PROJECT,
  ),
  query: listQuery(
    'network_id',
    'ip_version',
    'cidr',
    'gateway_ip',
    'enable_dhcp',
    'ipv6_address_mode',
    'ipv6_ra_mode',
    'shared',
    'router:external',
    'subnetpool_id',
  ),
  reply: T.Object({ subnets: T.Array(SubnetBody), subnets_links: PageLinks }),
  errors: [400, 401],
});

export const showSubnet = operation({
  name: 'showSubnet',
  method: 'GET',
  path: '/v2.0/subnets/{subnet_id}',
  policy: listSubnets.policy,
  authorize: 'resource',
  query: showQuery,
  reply: T.Object({ subnet: SubnetBody }),
  errors: [401, 404],
});

export const updateSubnet = operation({
  name: 'updateSubnet',
  method: 'PUT',
  path: '/v2.0/subnets/{subnet_id}',
  policy: policy('update_subnet', OWNER_OR_NETWORK_OWNER, PROJECT),
  authorize: 'resource',
  headers: ifMatch,
  body: T.Object({ subnet: T.Object(writable, { additionalProperties: false }) }, { additionalProperties: false }),
  reply: T.Object({ subnet: SubnetBody }),
  errors: [400, 401, 403, 404, 409, 412],
});

export const deleteSubnet = operation({
  name: 'deleteSubnet',
  method: 'DELETE',
  path: '/v2.0/subnets/{subnet_id}',
  policy: policy('delete_subnet', OWNER_OR_NETWORK_OWNER, PROJECT),
  authorize: 'resource',
  headers: ifMatch,
  errors: [401, 403, 404, 409, 412],
});
