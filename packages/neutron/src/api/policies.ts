import { type Policy, policy } from '@kumo/core/policy';

export const PROJECT = { scope: ['project'] as const };

/** Checks that many rules share: a writer, or a reader, of the project that owns the resource. */
export const OWNED_WRITE = '(rule:admin_only) or (role:member and project_id:%(project_id)s)';
export const OWNED_READ = '(rule:admin_only) or (role:reader and project_id:%(project_id)s)';

const BASE: Readonly<Record<string, string>> = {
  context_is_admin: 'role:admin',
  service_api: 'role:service',
  owner: 'project_id:%(project_id)s',
  admin_or_owner: 'rule:context_is_admin or rule:owner',
  context_is_advsvc: 'role:advsvc',
  network_owner: 'project_id:%(network:project_id)s',
  admin_or_network_owner: 'rule:context_is_admin or project_id:%(network:project_id)s',
  admin_owner_or_network_owner: 'rule:owner or rule:admin_or_network_owner',
  admin_only: 'rule:context_is_admin',
  regular_user: '',
  shared: 'field:networks:shared=True',
  external: 'field:networks:router:external=True',
  external_network: 'field:subnets:router:external=True',
  network_device: 'field:port:device_owner=~^network:',
  shared_security_group: 'field:security_groups:shared=True',
  sg_owner: 'project_id:%(security_group:project_id)s',
  default: 'rule:admin_or_owner',
};

const ADMIN = 'rule:admin_only';
const NETWORK_MEMBER = '(rule:admin_only) or (rule:service_api) or role:member and rule:network_owner';
const ADMIN_OR_SERVICE = '(rule:admin_only) or (rule:service_api)';
const OWNED_OR_SERVICE = '(rule:admin_only) or (role:member and project_id:%(project_id)s) or rule:service_api';
const DEVICE_OWNER = `not rule:network_device or ${NETWORK_MEMBER}`;
const PAIRS = '(rule:admin_only) or (role:member and rule:network_owner) or rule:service_api';
const FLOATING_MANAGER = '(rule:admin_only) or (role:manager and project_id:%(project_id)s)';

/** Rules for single attributes: who may set one, and who sees it. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  'create_network:shared': ADMIN,
  'create_network:router:external': ADMIN,
  'create_network:is_default': ADMIN,
  'create_network:port_security_enabled': OWNED_WRITE,
  'create_network:provider:network_type': ADMIN,
  'create_network:provider:physical_network': ADMIN,
  'create_network:provider:segmentation_id': ADMIN,
  'get_network:provider:network_type': ADMIN,
  'get_network:provider:physical_network': ADMIN,
  'get_network:provider:segmentation_id': ADMIN,
  'update_network:shared': ADMIN,
  'update_network:router:external': ADMIN,
  'update_network:is_default': ADMIN,
  'update_network:port_security_enabled': OWNED_WRITE,
  'create_subnet:service_types': ADMIN,
  'update_subnet:service_types': ADMIN,
  'create_port:device_id': OWNED_OR_SERVICE,
  'create_port:device_owner': DEVICE_OWNER,
  'create_port:mac_address': NETWORK_MEMBER,
  'create_port:fixed_ips': `${NETWORK_MEMBER} or rule:shared`,
  'create_port:fixed_ips:ip_address': NETWORK_MEMBER,
  'create_port:fixed_ips:subnet_id': `${NETWORK_MEMBER} or rule:shared`,
  'create_port:port_security_enabled': NETWORK_MEMBER,
  'create_port:binding:host_id': ADMIN_OR_SERVICE,
  'create_port:binding:profile': 'rule:service_api',
  'create_port:binding:vnic_type': OWNED_OR_SERVICE,
  'create_port:allowed_address_pairs': PAIRS,
  'create_port:allowed_address_pairs:mac_address': PAIRS,
  'create_port:allowed_address_pairs:ip_address': PAIRS,
  'get_port:binding:vif_type': ADMIN_OR_SERVICE,
  'get_port:binding:vif_details': ADMIN_OR_SERVICE,
  'get_port:binding:host_id': ADMIN_OR_SERVICE,
  'get_port:binding:profile': ADMIN_OR_SERVICE,
  'update_port:device_id': OWNED_OR_SERVICE,
  'update_port:device_owner': DEVICE_OWNER,
  'update_port:mac_address': '(rule:admin_only) or (rule:service_api) or role:manager and rule:network_owner',
  'update_port:fixed_ips': NETWORK_MEMBER,
  'update_port:fixed_ips:ip_address': NETWORK_MEMBER,
  'update_port:fixed_ips:subnet_id': `${NETWORK_MEMBER} or rule:shared`,
  'update_port:port_security_enabled': NETWORK_MEMBER,
  'update_port:binding:host_id': ADMIN_OR_SERVICE,
  'update_port:binding:profile': 'rule:service_api',
  'update_port:binding:vnic_type':
    '(rule:admin_only) or (rule:service_api) or role:member and project_id:%(project_id)s',
  'update_port:allowed_address_pairs': PAIRS,
  'update_port:allowed_address_pairs:mac_address': PAIRS,
  'update_port:allowed_address_pairs:ip_address': PAIRS,
  'create_router:distributed': ADMIN,
  'create_router:ha': ADMIN,
  'create_router:external_gateway_info': OWNED_WRITE,
  'create_router:external_gateway_info:network_id': OWNED_WRITE,
  'create_router:external_gateway_info:enable_snat': ADMIN,
  'create_router:external_gateway_info:external_fixed_ips': ADMIN,
  'get_router:distributed': ADMIN,
  'get_router:ha': ADMIN,
  'update_router:distributed': ADMIN,
  'update_router:ha': ADMIN,
  'update_router:external_gateway_info': OWNED_WRITE,
  'update_router:external_gateway_info:network_id': OWNED_WRITE,
  'update_router:external_gateway_info:enable_snat': ADMIN,
  'update_router:external_gateway_info:external_fixed_ips': ADMIN,
  'create_floatingip:floating_ip_address': FLOATING_MANAGER,
};

/** Every rule that no operation declares itself. */
export const sharedPolicies: readonly Policy[] = [
  ...Object.entries(BASE).map(([name, check]) => policy(name, check)),
  ...Object.entries(ATTRIBUTES).map(([name, check]) => policy(name, check, PROJECT)),
];

/** Names of the rules on attributes, to find those that a request's body touches. */
export const attributeRules: ReadonlySet<string> = new Set(Object.keys(ATTRIBUTES));
