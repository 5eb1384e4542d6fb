import type { QuotaTables } from '@kumo/core/quota';

interface StandardColumns {
  id: string;
  project_id: string;
  description: string;
  created_at: string;
  updated_at: string;
  revision_number: number;
}

interface NetworksTable extends StandardColumns {
  name: string;
  admin_state_up: number;
  shared: number;
  is_external: number;
  is_default: number;
  mtu: number;
  port_security_enabled: number;
  dns_domain: string;
  availability_zone_hints: string;
  network_type: string;
  physical_network: string | null;
  segmentation_id: number | null;
  dhcp_host: string | null;
}

/** Which network has a segment. Its key makes sure that no two have the same. */
interface SegmentAllocationsTable {
  network_type: string;
  physical_network: string;
  segmentation_id: number;
  network_id: string;
}

interface SubnetsTable extends StandardColumns {
  name: string;
  network_id: string;
  ip_version: number;
  cidr: string;
  gateway_ip: string | null;
  enable_dhcp: number;
  allocation_pools: string;
  dns_nameservers: string;
  host_routes: string;
  ipv6_address_mode: string | null;
  ipv6_ra_mode: string | null;
  service_types: string;
}

interface PortsTable extends StandardColumns {
  name: string;
  network_id: string;
  admin_state_up: number;
  status: string;
  mac_address: string;
  device_id: string;
  device_owner: string;
  port_security_enabled: number;
  allowed_address_pairs: string;
  extra_dhcp_opts: string;
  dns_name: string;
  dns_named_at: string | null;
  host_id: string;
  vnic_type: string;
  vif_type: string;
  binding_profile: string;
}

/** `ip_key` is the address in hexadecimal digits of one length per family: it sorts as the addresses do. */
interface IpAllocationsTable {
  subnet_id: string;
  ip_key: string;
  ip_address: string;
  network_id: string;
  port_id: string;
}

interface RoutersTable extends StandardColumns {
  name: string;
  admin_state_up: number;
  gateway_network_id: string | null;
  gateway_port_id: string | null;
  enable_snat: number;
  routes: string;
  availability_zone_hints: string;
  host: string | null;
}

interface FloatingIpsTable extends StandardColumns {
  floating_network_id: string;
  floating_ip_address: string;
  floating_port_id: string;
  port_id: string | null;
  fixed_ip_address: string | null;
  router_id: string | null;
  status: string;
  dns_name: string;
  dns_domain: string;
}

interface SecurityGroupsTable extends StandardColumns {
  name: string;
  stateful: number;
}

interface SecurityGroupRulesTable extends StandardColumns {
  security_group_id: string;
  direction: string;
  ethertype: string;
  protocol: string | null;
  port_range_min: number | null;
  port_range_max: number | null;
  remote_ip_prefix: string | null;
  remote_group_id: string | null;
  signature: string;
}

interface AgentsTable {
  id: string;
  agent_type: string;
  binary: string;
  topic: string;
  host: string;
  admin_state_up: number;
  availability_zone: string | null;
  configurations: string;
  description: string | null;
  created_at: string;
  started_at: string;
  heartbeat_at: string;
}

export interface NeutronTables extends QuotaTables {
  networks: NetworksTable;
  segment_allocations: SegmentAllocationsTable;
  subnets: SubnetsTable;
  ports: PortsTable;
  ip_allocations: IpAllocationsTable;
  port_security_groups: { port_id: string; security_group_id: string };
  routers: RoutersTable;
  floating_ips: FloatingIpsTable;
  security_groups: SecurityGroupsTable;
  default_security_groups: { project_id: string; security_group_id: string };
  security_group_rules: SecurityGroupRulesTable;
  tags: { resource_id: string; tag: string };
  agents: AgentsTable;
}
