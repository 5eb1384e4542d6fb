import { operation } from '@kumo/core/http';
import { policy } from '@kumo/core/policy';
import { Nullable } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { OWNED_READ, OWNED_WRITE, PROJECT } from './policies.ts';
import {
  Address,
  Description,
  Id,
  ifMatch,
  listQuery,
  NullableString,
  ownerInput,
  PageLinks,
  showQuery,
  standardBody,
} from './shared-schemas.ts';

const { name: _name, ...unnamed } = standardBody;

export const FloatingIpBody = T.Object({
  ...unnamed,
  floating_network_id: T.String(),
  floating_ip_address: T.String(),
  fixed_ip_address: NullableString,
  port_id: NullableString,
  router_id: NullableString,
  status: T.String(),
  dns_name: T.String(),
  dns_domain: T.String(),
  port_details: Nullable(
    T.Object({
      name: T.String(),
      network_id: T.String(),
      mac_address: T.String(),
      admin_state_up: T.Boolean(),
      status: T.String(),
      device_id: T.String(),
      device_owner: T.String(),
    }),
  ),
});

const association = {
  port_id: T.Optional(Nullable(Id)),
  fixed_ip_address: T.Optional(Nullable(Address)),
  description: T.Optional(Description),
} as const;

export const createFloatingIp = operation({
  name: 'createFloatingIp',
  method: 'POST',
  path: '/v2.0/floatingips',
  policy: policy('create_floatingip', OWNED_WRITE, PROJECT),
  authorize: 'resource',
  body: T.Object(
    {
      floatingip: T.Object(
        {
          ...association,
          ...ownerInput,
          floating_network_id: Id,
          floating_ip_address: T.Optional(Nullable(Address)),
          subnet_id: T.Optional(Nullable(Id)),
          dns_name: T.Optional(T.String({ maxLength: 63 })),
          dns_domain: T.Optional(T.String({ maxLength: 255 })),
        },
        { additionalProperties: false },
      ),
    },
    { additionalProperties: false },
  ),
  reply: T.Object({ floatingip: FloatingIpBody }),
  status: 201,
  errors: [400, 401, 403, 404, 409],
});

export const listFloatingIps = operation({
  name: 'listFloatingIps',
  method: 'GET',
  path: '/v2.0/floatingips',
  policy: policy('get_floatingip', OWNED_READ, PROJECT),
  query: listQuery(
    'floating_network_id',
    'floating_ip_address',
    'fixed_ip_address',
    'port_id',
    'router_id',
    'status',
    'dns_name',
    'dns_domain',
  ),
  reply: T.Object({ floatingips: T.Array(FloatingIpBody), floatingips_links: PageLinks }),
  errors: [400, 401],
});

export const showFloatingIp = operation({
  name: 'showFloatingIp',
  method: 'GET',
  path: '/v2.0/floatingips/{floatingip_id}',
  policy: listFloatingIps.policy,
  authorize: 'resource',
  query: showQuery,
  reply: T.Object({ floatingip: FloatingIpBody }),
  errors: [401, 403, 404],
});

export const updateFloatingIp = operation({
  name: 'updateFloatingIp',
  method: 'PUT',
  path: '/v2.0/floatingips/{floatingip_id}',
  policy: policy('update_floatingip', OWNED_WRITE, PROJECT),
  authorize: 'resource',
  headers: ifMatch,
  body: T.Object(
    { floatingip: T.Object(association, { additionalProperties: false }) },
    { additionalProperties: false },
  ),
  reply: T.Object({ floatingip: FloatingIpBody }),
  errors: [400, 401, 403, 404, 409, 412],
});

export const deleteFloatingIp = operation({
  name: 'deleteFloatingIp',
  method: 'DELETE',
  path: '/v2.0/floatingips/{floatingip_id}',
  policy: policy('delete_floatingip', OWNED_WRITE, PROJECT),
  authorize: 'resource',
  headers: ifMatch,
  errors: [401, 403, 404, 412],
});
