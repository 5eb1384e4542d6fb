import { operation } from '@kumo/core/http';
import { policy } from '@kumo/core/policy';
import { Nullable } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { OWNED_WRITE, PROJECT } from './policies.ts';
import {
  Flag,
  ifMatch,
  listQuery,
  NullableString,
  nameInput,
  ownerInput,
  PageLinks,
  showQuery,
  standardBody,
} from './shared-schemas.ts';

export const NetworkBody = T.Object({
  ...standardBody,
  admin_state_up: T.Boolean(),
  status: T.String(),
  shared: T.Boolean(),
  subnets: T.Array(T.String()),
  mtu: T.Integer(),
  port_security_enabled: T.Boolean(),
  'router:external': T.Boolean(),
  is_default: T.Optional(T.Boolean()),
  availability_zone_hints: T.Array(T.String()),
  availability_zones: T.Array(T.String()),
  ipv4_address_scope: NullableString,
  ipv6_address_scope: NullableString,
  dns_domain: T.String(),
  'provider:network_type': T.Optional(T.String()),
  'provider:physical_network': T.Optional(NullableString),
  'provider:segmentation_id': T.Optional(Nullable(T.Integer())),
});

const writable = {
  ...nameInput,
  admin_state_up: T.Optional(Flag),
  shared: T.Optional(Flag),
  'router:external': T.Optional(Flag),
  is_default: T.Optional(Flag),
  port_security_enabled: T.Optional(Flag),
  mtu: T.Optional(T.Integer({ minimum: 68, maximum: 65_535 })),
  dns_domain: T.Optional(T.String({ maxLength: 255 })),
} as const;

const NetworkCreate = T.Object(
  {
    ...writable,
    ...ownerInput,
    availability_zone_hints: T.Optional(T.Array(T.String({ maxLength: 255 }), { maxItems: 10 })),
    'provider:network_type': T.Optional(T.String({ maxLength: 32 })),
    'provider:physical_network': T.Optional(Nullable(T.String({ maxLength: 64 }))),
    'provider:segmentation_id': T.Optional(
      Nullable(
        T.Union([
          T.Integer({ minimum: 0, maximum: 0x7fffffff }),
          T.String({ pattern: '^[0-9]{1,8}$', form: 'a whole number' }),
        ]),
      ),
    ),
  },
  { additionalProperties: false },
);

export const createNetwork = operation({
  name: 'createNetwork',
  method: 'POST',
  path: '/v2.0/networks',
  action: 'network',
  policy: policy('create_network', OWNED_WRITE, PROJECT),
  authorize: 'resource',
  body: T.Object({ network: NetworkCreate }, { additionalProperties: false }),
  reply: T.Object({ network: NetworkBody }),
  status: 201,
  errors: [400, 401, 403, 409],
});

/** All of them or none. */
export const createNetworks = operation({
  name: 'createNetworks',
  method: 'POST',
  path: '/v2.0/networks',
  action: 'networks',
  policy: createNetwork.policy,
  authorize: 'resource',
  body: T.Object({ networks: T.Array(NetworkCreate, { minItems: 1, maxItems: 100 }) }, { additionalProperties: false }),
  reply: T.Object({ networks: T.Array(NetworkBody) }),
  status: 201,
  errors: [400, 401, 403, 409],
});

export const listNetworks = operation({
  name: 'listNetworks',
  method: 'GET',
  path: '/v2.0/networks',
  policy: policy(
    'get_network',
    '(rule:admin_only) or (role:reader and project_id:%(project_id)s) or rule:service_api or rule:shared or rule:external or rule:context_is_advsvc',
    PROJECT,
  ),
  query: listQuery(
    'admin_state_up',
    'status',
    'shared',
    'mtu',
    'port_security_enabled',
    'router:external',
    'is_default',
    'dns_domain',
    'provider:network_type',
    'provider:physical_network',
    'provider:segmentation_id',
  ),
  reply: T.Object({ networks: T.Array(NetworkBody), networks_links: PageLinks }),
  errors: [400, 401],
});

export const showNetwork = operation({
  name: 'showNetwork',
  method: 'GET',
  path: '/v2.0/networks/{network_id}',
  policy: listNetworks.policy,
  authorize: 'resource',
  query: showQuery,
  reply: T.Object({ network: NetworkBody }),
  errors: [401, 404],
});

export const updateNetwork = operation({
  name: 'updateNetwork',
  method: 'PUT',
  path: '/v2.0/networks/{network_id}',
  policy: policy('update_network', OWNED_WRITE, PROJECT),
  authorize: 'resource',
  headers: ifMatch,
  body: T.Object({ network: T.Object(writable, { additionalProperties: false }) }, { additionalProperties: false }),
  reply: T.Object({ network: NetworkBody }),
  errors: [400, 401, 403, 404, 409, 412],
});

export const deleteNetwork = operation({
  name: 'deleteNetwork',
  method: 'DELETE',
  path: '/v2.0/networks/{network_id}',
  policy: policy('delete_network', OWNED_WRITE, PROJECT),
  authorize: 'resource',
  headers: ifMatch,
  errors: [401, 403, 404, 409, 412],
});
