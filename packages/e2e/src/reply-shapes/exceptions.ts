import type { FactService } from '../../../openstack/test/policy-facts.ts';

/** A difference from a published reply that is right all the same, or that a part of Kumo still lacks. */
export interface ShapeException {
  readonly service: FactService;
  /** Of these operations only; absent: of all. */
  readonly operations?: RegExp;
  /** From this microversion on only; absent: at all. */
  readonly since?: string;
  /** Of the words of `differences`, or of what was answered instead. */
  readonly difference: RegExp;
  readonly why: string;
}

export const EXCEPTIONS: readonly ShapeException[] = [
  ...compute(),
  ...blockStorage(),
  ...network(),
  ...identity(),
  {
    service: 'image',
    operations: /^createImage$/,
    difference: /^locations is missing$/,
    why: 'locations are not shown unless an operator says so',
  },
];

function compute(): ShapeException[] {
  const service = 'compute';
  return [
    { service, difference: /^\w+_links is missing$/, why: 'only a page that another one follows has a link to it' },
    {
      service,
      operations: /^(show|update)Server$|^listServersDetail$/,
      since: '2.90',
      difference: /\.(OS-EXT-SRV-ATTR:\w+|host_status) is too many$/,
      why: 'from then on the samples show what an ordinary user sees',
    },
    {
      service,
      operations: /^listServersDetail$/,
      difference: /progress is missing$/,
      why: 'a server that is stopped or paused has none, and the list has such',
    },
    {
      service,
      operations: /^showIps$|ExtraSpec$|^listAvailabilityZonesDetail$/,
      difference: / is (too many|missing)$/,
      why: 'the keys are names of networks, extra specs and hosts',
    },
    {
      service,
      operations: /^showDiagnostics$/,
      difference: /^v(d|net)\w+ is (too many|missing)$/,
      why: 'the keys before 2.48 are names of disks and interfaces',
    },
    { service, difference: /cpu_info\.topology\.cells is too many$/, why: 'what a driver tells of a CPU is its own' },
    {
      service,
      operations: /^showHypervisorUptime$/,
      difference: /^answered 501 /,
      why: 'the fake hypervisor has no uptime',
    },
    {
      service,
      operations: /^createExternalEvents$/,
      difference: /tag is missing$/,
      why: 'a tag is shown where one was sent',
    },
    {
      service,
      operations: /^showVersion_/,
      difference: /^(version is too many|versions is missing)$/,
      why: 'the published sample is the list of versions; the document itself has a test of its own',
    },
  ];
}

function blockStorage(): ShapeException[] {
  const service = 'block-storage';
  return [
    {
      service,
      operations: /^(showVolume|listVolumesDetail)$/,
      difference: /volume_image_metadata is too many$/,
      why: 'the volume asked about has image metadata, that of the samples none',
    },
    {
      service,
      operations: /QuotaSet$/,
      difference: /^quota_set\.(volumes|snapshots|gigabytes)_\w+ is too many$/,
      why: 'the keys contain names of volume types',
    },
    {
      service,
      operations: /^summarizeVolumes$/,
      difference: /metadata is missing$/,
      why: 'it came with 3.36; the sample names no version',
    },
    {
      service,
      operations: /^uploadVolumeImage$/,
      difference: /(protected|visibility) is missing$/,
      why: 'they came with 3.1; the sample names no version',
    },
    {
      service,
      operations: /^(removeTypeAccess|deleteQuotaSet)$/,
      difference: /is undefined, not an object$/,
      why: 'Cinder answers without a body',
    },
    { service, operations: /^listPools$/, difference: /capabilities is missing$/, why: 'only with detail=true' },
    {
      service,
      operations: /^showMessage$/,
      difference: /^answered 404 /,
      why: 'nothing has failed in this cloud: there is no message',
    },
  ];
}

function network(): ShapeException[] {
  const service = 'network';
  const lacks = (field: string, extension: string): ShapeException => ({
    service,
    difference: new RegExp(`(^|[.\\]])(${field}) is missing$`),
    why: `of the extension ${extension}, which is not built`,
  });
  return [
    lacks('qos_policy_id|qos_network_policy_id|resource_request', 'qos'),
    lacks('is_default', 'auto-allocated-topology'),
    lacks('l2_adjacency|segment_id', 'segment'),
    lacks('qinq', 'qinq'),
    lacks('pvlan', 'pvlan'),
    lacks('vlan_transparent', 'vlan-transparent'),
    lacks('dns_publish_fixed_ip', 'subnet-dns-publish-fixed-ip'),
    lacks('router:external', 'subnet-external-network'),
    lacks('dns_domain', 'dns-domain-ports'),
    lacks('data_plane_status', 'data-plane-status'),
    lacks('hardware_offload_type', 'port-hardware-offload-type'),
    lacks('hints', 'port-hints'),
    lacks('ip_allocation', 'ip_allocation'),
    lacks('propagate_uplink_status', 'uplink-status-propagation'),
    lacks('trusted', 'port-trusted-vif'),
    lacks('trunk_details', 'trunk-details'),
    lacks('conntrack_helpers', 'l3-conntrack-helper'),
    lacks('service_type_id', 'router-service-type'),
    lacks('port_forwardings', 'floating-ip-port-forwarding'),
    lacks('belongs_to_default_sg', 'security-groups-rules-belongs-to-default-sg'),
    lacks('rbac_policy', 'rbac-policies'),
    lacks('subnetpool', 'subnet_allocation'),
    lacks('ip_availability_details', 'network-ip-availability-details'),
    {
      service,
      difference: /binding:vif_details\.(ovs_hybrid_plug|port_filter) is missing$/,
      why: 'the sample is of Open vSwitch, and of a port that is bound',
    },
    {
      service,
      difference:
        /\.(tags|port_security_enabled|allowed_address_pairs|dns_name|dns_assignment|description|normalized_cidr|remote_address_group_id|ipv6_address_mode|ipv6_ra_mode|subnetpool_id|provider:\w+|binding:\w+|router|floatingip) is too many$/,
      why: 'written by hand: the sample leaves out what other extensions add',
    },
    {
      service,
      operations: /^(create|list|show)SecurityGroups?$/,
      difference: /security_group_rules\[\]\.tags is missing$/,
      why: 'Neutron shows the tags of a rule on its own page only',
    },
    {
      service,
      operations: /^(show|update)Agent$/,
      difference: /^answered 404 /,
      why: 'no agent has reported to this server',
    },
  ];
}

function identity(): ShapeException[] {
  const service = 'identity';
  return [
    {
      service,
      difference:
        /(^|\.)(options|tags|is_domain|parent_id|domain_id|description|region_id|region|enabled|system|user_id|links|remaining_uses|redelegated_trust_id|redelegation_count|deleted_at) is too many$/,
      why: 'written by hand: the sample leaves out what Keystone sends',
    },
    {
      service,
      operations: /^update(Project|User)$/,
      difference: /\.extra is too many$/,
      why: 'Keystone repeats attributes that it does not know in the answer to a change',
    },
    {
      service,
      operations: /^(create|show|update)User$/,
      difference: /^user\.(default_project_id|description|email|federated) is missing$/,
      why: 'Keystone shows them where they were set',
    },
    {
      service,
      operations: /^(listRoleInferences|listServices|(show|update)Service)$/,
      difference: /\.description is missing$/,
      why: 'Keystone shows it where it was set',
    },
    {
      service,
      operations: /^(create|show|update)EndpointGroup$/,
      difference: /\.filters\.service_id is missing$/,
      why: 'a filter is what was asked for',
    },
    {
      service,
      operations: /^(authCatalog|replaceProjectTags)$/,
      difference: /^links\.(next|previous) is missing$/,
      why: 'wrong in the sample',
    },
    {
      service,
      operations: /^replaceProjectTags$/,
      difference: /^(tags is too many|projects is missing)$/,
      why: 'the sample is that of a list of projects',
    },
    {
      service,
      operations: /Config(Group|Option)$/,
      difference: /^(config is too many|(ldap|url|driver) is missing)$/,
      why: 'wrong in the sample: Keystone keeps them below config',
    },
    {
      service,
      operations: /EndpointGroups?$/,
      difference:
        /(endpoint_groups\[\]\.\w+|^project_endpoint_group) is too many$|(endpoint_group|^project) is missing$/,
      why: 'wrong in the sample: Keystone sends the groups themselves',
    },
    {
      service,
      operations: /Polic(y|ies)|PolicyOfEndpoint/,
      difference: /blob is string, not an object$/,
      why: 'wrong in the sample: a blob is a text',
    },
    {
      service,
      operations: /^issueToken$/,
      difference: /^answered 401 /,
      why: 'logins have tests of their own; the table sends no password',
    },
    {
      service,
      operations: /^(createTrust|createApplicationCredential|listAccessRules|showAccessRule)$/,
      difference: /^answered 403 /,
      why: 'only their owners may, not administrators',
    },
  ];
}
