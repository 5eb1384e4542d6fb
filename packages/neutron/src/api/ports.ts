import { operation } from '@kumo/core/http';
import { policy } from '@kumo/core/policy';
import { Nullable } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { PROJECT } from './policies.ts';
import {
  Address,
  FixedIp,
  Flag,
  Id,
  ifMatch,
  listQuery,
  nameInput,
  ownerInput,
  PageLinks,
  showQuery,
  standardBody,
} from './shared-schemas.ts';

const Pair = T.Object({ ip_address: T.String(), mac_address: T.String() });
const DhcpOption = T.Object({ opt_name: T.String(), opt_value: T.String(), ip_version: T.Integer() });

export const PortBody = T.Object({
  ...standardBody,
  network_id: T.String(),
  admin_state_up: T.Boolean(),
  status: T.String(),
  mac_address: T.String(),
  fixed_ips: T.Array(FixedIp),
  device_id: T.String(),
  device_owner: T.String(),
  security_groups: T.Array(T.String()),
  port_security_enabled: T.Boolean(),
  allowed_address_pairs: T.Array(Pair),
  extra_dhcp_opts: T.Array(DhcpOption),
  dns_name: T.String(),
  dns_assignment: T.Array(T.Object({ hostname: T.String(), ip_address: T.String(), fqdn: T.String() })),
  'binding:vnic_type': T.String(),
  'binding:host_id': T.Optional(T.String()),
  'binding:vif_type': T.Optional(T.String()),
  'binding:vif_details': T.Optional(T.Record(T.String(), T.Unknown())),
  'binding:profile': T.Optional(T.Record(T.String(), T.Unknown())),
});

const FixedIpInput = T.Object(
  { subnet_id: T.Optional(Id), ip_address: T.Optional(Address) },
  { additionalProperties: false },
);
/** Options become lines of dnsmasq's files. */
const ONE_LINE = '^[^\\p{C}\\p{Zl}\\p{Zp}]*$';
const Mac = T.String({ format: 'mac', maxLength: 17 });

const writable = {
  ...nameInput,
  admin_state_up: T.Optional(Flag),
  fixed_ips: T.Optional(Nullable(T.Array(FixedIpInput, { maxItems: 64 }))),
  mac_address: T.Optional(Mac),
  device_id: T.Optional(T.String({ maxLength: 255 })),
  device_owner: T.Optional(T.String({ maxLength: 255 })),
  security_groups: T.Optional(Nullable(T.Array(Id, { maxItems: 100 }))),
  port_security_enabled: T.Optional(Flag),
  allowed_address_pairs: T.Optional(
    Nullable(
      T.Array(
        T.Object(
          {
            ip_address: T.Union([Address, T.String({ format: 'cidr', maxLength: 64 })]),
            mac_address: T.Optional(Mac),
          },
          { additionalProperties: false },
        ),
        { maxItems: 10 },
      ),
    ),
  ),
  extra_dhcp_opts: T.Optional(
    Nullable(
      T.Array(
        T.Object(
          {
            opt_name: T.String({ minLength: 1, maxLength: 64, pattern: ONE_LINE, form: 'one line of text' }),
            opt_value: Nullable(T.String({ maxLength: 255, pattern: ONE_LINE, form: 'one line of text' })),
            ip_version: T.Optional(T.Union([T.Integer(), T.String({ pattern: '^[46]$', form: '4 or 6' })])),
          },
          { additionalProperties: false },
        ),
        { maxItems: 32 },
      ),
    ),
  ),
  dns_name: T.Optional(
    T.String({
      maxLength: 63,
      pattern: '^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)?$',
      form: 'made of letters and digits, with hyphens between them',
    }),
  ),
  'binding:host_id': T.Optional(Nullable(T.String({ maxLength: 255 }))),
  'binding:vnic_type': T.Optional(
    T.Enum(['normal', 'macvtap', 'direct', 'baremetal', 'direct-physical', 'virtio-forwarder', 'smart-nic']),
  ),
  'binding:profile': T.Optional(Nullable(T.Record(T.String({ maxLength: 255 }), T.Unknown(), { maxProperties: 64 }))),
} as const;

const PortCreate = T.Object({ ...writable, ...ownerInput, network_id: Id }, { additionalProperties: false });

export const createPort = operation({
  name: 'createPort',
  method: 'POST',
  path: '/v2.0/ports',
  action: 'port',
  policy: policy(
    'create_port',
    '(rule:admin_only) or (rule:service_api) or role:member and rule:network_owner or rule:shared',
    PROJECT,
  ),
  authorize: 'resource',
  body: T.Object({ port: PortCreate }, { additionalProperties: false }),
  reply: T.Object({ port: PortBody }),
  status: 201,
  errors: [400, 401, 403, 404, 409],
});

/** All of them or none. */
export const createPorts = operation({
  name: 'createPorts',
  method: 'POST',
  path: '/v2.0/ports',
  action: 'ports',
  policy: createPort.policy,
  authorize: 'resource',
  body: T.Object({ ports: T.Array(PortCreate, { minItems: 1, maxItems: 100 }) }, { additionalProperties: false }),
  reply: T.Object({ ports: T.Array(PortBody) }),
  status: 201,
  errors: [400, 401, 403, 404, 409],
});

export const listPorts = operation({
  name: 'listPorts',
  method: 'GET',
  path: '/v2.0/ports',
  policy: policy(
    'get_port',
    '(rule:admin_only) or (rule:service_api) or role:reader and rule:network_owner or role:reader and project_id:%(project_id)s',
    PROJECT,
  ),
  query: listQuery(
    'network_id',
    'admin_state_up',
    'status',
    'mac_address',
    'device_id',
    'device_owner',
    'fixed_ips',
    'security_groups',
    'port_security_enabled',
    'dns_name',
    'binding:host_id',
    'binding:vnic_type',
    'binding:vif_type',
  ),
  reply: T.Object({ ports: T.Array(PortBody), ports_links: PageLinks }),
  errors: [400, 401],
});

export const showPort = operation({
  name: 'showPort',
  method: 'GET',
  path: '/v2.0/ports/{port_id}',
  policy: listPorts.policy,
  authorize: 'resource',
  query: showQuery,
  reply: T.Object({ port: PortBody }),
  errors: [401, 404],
});

export const updatePort = operation({
  name: 'updatePort',
  method: 'PUT',
  path: '/v2.0/ports/{port_id}',
  policy: policy(
    'update_port',
    '(rule:admin_only) or (rule:service_api) or role:member and project_id:%(project_id)s',
    PROJECT,
  ),
  authorize: 'resource',
  headers: ifMatch,
  body: T.Object({ port: T.Object(writable, { additionalProperties: false }) }, { additionalProperties: false }),
  reply: T.Object({ port: PortBody }),
  errors: [400, 401, 403, 404, 409, 412],
});

export const deletePort = operation({
  name: 'deletePort',
  method: 'DELETE',
  path: '/v2.0/ports/{port_id}',
  policy: policy(
    'delete_port',
    '(rule:admin_only) or (rule:service_api) or role:member and rule:network_owner or role:member and project_id:%(project_id)s',
    PROJECT,
  ),
  authorize: 'resource',
  headers: ifMatch,
  errors: [401, 403, 404, 409, 412],
});
