import { defineError } from '@kumo/core/errors';

export const invalidInput = defineError('badRequest', 'InvalidInput', 'Invalid input for operation: {reason}.');
export const badRequestOf = defineError('badRequest', 'BadRequest', 'Bad {resource} request: {reason}.');
export const overQuota = defineError('overQuota', 'OverQuota', "Quota exceeded for resources: ['{resources}'].");
export const revisionMismatch = defineError(
  'preconditionFailed',
  'RevisionNumberConstraintFailed',
  'Constrained to {expected}, but current revision is {current}',
);

export const networkNotFound = defineError('notFound', 'NetworkNotFound', 'Network {id} could not be found.');
export const subnetNotFound = defineError('notFound', 'SubnetNotFound', 'Subnet {id} could not be found.');
export const portNotFound = defineError('notFound', 'PortNotFound', 'Port {id} could not be found.');
export const routerNotFound = defineError('notFound', 'RouterNotFound', 'Router {id} could not be found');
export const floatingIpNotFound = defineError('notFound', 'FloatingIPNotFound', 'Floating IP {id} could not be found');
export const securityGroupNotFound = defineError(
  'notFound',
  'SecurityGroupNotFound',
  'Security group {id} does not exist',
);
export const securityGroupRuleNotFound = defineError(
  'notFound',
  'SecurityGroupRuleNotFound',
  'Security group rule {id} does not exist',
);
export const agentNotFound = defineError('notFound', 'AgentNotFound', 'Agent {id} could not be found.');
export const extensionNotFound = defineError(
  'notFound',
  'ExtensionNotFound',
  'Extension with alias {alias} does not exist',
);
export const tagNotFound = defineError('notFound', 'TagNotFound', 'Tag {tag} could not be found.');
export const quotaNotFound = defineError(
  'notFound',
  'TenantQuotaNotFound',
  'Quota for project {projectId} could not be found.',
);

export const networkInUse = defineError(
  'conflict',
  'NetworkInUse',
  'Unable to complete operation on network {id}. There are one or more ports still in use on the network, id for these ports is: {ports}.',
);
export const noNetworkAvailable = defineError(
  'unavailable',
  'NoNetworkAvailable',
  'Unable to create the network. No tenant network is available for allocation.',
);
export const vlanInUse = defineError(
  'conflict',
  'TunnelIdInUse',
  'Unable to create the network. The tunnel ID {id} is in use.',
);
export const flatInUse = defineError(
  'conflict',
  'FlatNetworkInUse',
  'Unable to create the flat network. Physical network {name} is in use.',
);

export const subnetInUse = defineError(
  'conflict',
  'SubnetInUse',
  'Unable to complete operation on subnet {id}: {reason}.',
);
export const invalidAllocationPool = defineError(
  'badRequest',
  'InvalidAllocationPool',
  'The allocation pool {pool} is not valid.',
);
export const overlappingAllocationPools = defineError(
  'conflict',
  'OverlappingAllocationPools',
  'Found overlapping allocation pools: {first} {second} for subnet {cidr}.',
);
export const outOfBoundsAllocationPool = defineError(
  'badRequest',
  'OutOfBoundsAllocationPool',
  'The allocation pool {pool} spans beyond the subnet cidr {cidr}.',
);
export const gatewayConflict = defineError(
  'conflict',
  'GatewayConflictWithAllocationPools',
  'Gateway ip {ip} conflicts with allocation pool {pool}.',
);
export const gatewayIpInUse = defineError(
  'conflict',
  'GatewayIpInUse',
  'Current gateway ip {ip} already in use by port {portId}. Unable to update.',
);
export const dnsNameserversExhausted = defineError(
  'badRequest',
  'DNSNameServersExhausted',
  'Unable to complete operation for {id}. The number of DNS nameservers exceeds the limit {limit}.',
);
export const hostRoutesExhausted = defineError(
  'badRequest',
  'HostRoutesExhausted',
  'Unable to complete operation for {id}. The number of host routes exceeds the limit {limit}.',
);

export const ipAddressGenerationFailure = defineError(
  'conflict',
  'IpAddressGenerationFailure',
  'No more IP addresses available on network {id}.',
);
export const ipAddressAlreadyAllocated = defineError(
  'conflict',
  'IpAddressAlreadyAllocated',
  'IP address {ip} already allocated in subnet {subnetId}',
);
export const invalidIpForNetwork = defineError(
  'badRequest',
  'InvalidIpForNetwork',
  'IP address {ip} is not a valid IP for any of the subnets on the specified network.',
);
export const invalidIpForSubnet = defineError(
  'badRequest',
  'InvalidIpForSubnet',
  'IP address {ip} is not a valid IP for the specified subnet.',
);
export const deviceIdNotOwned = defineError(
  'conflict',
  'DeviceIDNotOwnedByTenant',
  'The following device_id {deviceId} is not owned by your tenant or matches another tenants router.',
);
export const macAddressInUse = defineError(
  'conflict',
  'MacAddressInUse',
  'Unable to complete operation for network {networkId}. The mac address {mac} is in use.',
);
export const portInUse = defineError(
  'conflict',
  'PortInUse',
  'Unable to complete operation on port {id} for network {networkId}. Port already has an attached device {deviceId}.',
);
export const portBound = defineError(
  'conflict',
  'PortBound',
  'Unable to complete operation on port {id}, port is already bound, port type: {vifType}, old_mac {oldMac}, new_mac {newMac}.',
);
export const servicePortInUse = defineError(
  'conflict',
  'ServicePortInUse',
  'Port {id} cannot be deleted directly via the port API: {reason}.',
);
export const portSecurityRequired = defineError(
  'conflict',
  'PortSecurityPortHasSecurityGroup',
  'Port has security group associated. Cannot disable port security or IP address until security group is removed.',
);
export const pairsNeedPortSecurity = defineError(
  'conflict',
  'AddressPairAndPortSecurityRequired',
  'Port Security must be enabled in order to have allowed address pairs on a port.',
);

export const routerInUse = defineError('conflict', 'RouterInUse', 'Router {id} still has ports');
export const routerInterfaceNotFound = defineError(
  'notFound',
  'RouterInterfaceNotFound',
  'Router {id} does not have an interface with id {portId}',
);
export const routerInterfaceNotFoundForSubnet = defineError(
  'notFound',
  'RouterInterfaceNotFoundForSubnet',
  'Router {id} has no interface on subnet {subnetId}',
);
export const routerInterfaceInUse = defineError(
  'conflict',
  'RouterInterfaceInUseByFloatingIP',
  'Router interface for subnet {subnetId} on router {id} cannot be deleted, as it is required by one or more floating IPs.',
);
export const routerInterfaceInUseByRoute = defineError(
  'conflict',
  'RouterInterfaceInUseByRoute',
  'Router interface for subnet {subnetId} on router {id} cannot be deleted, as it is required by one or more routes.',
);
export const gatewayInUseByFloatingIp = defineError(
  'conflict',
  'RouterExternalGatewayInUseByFloatingIp',
  'Gateway cannot be updated for router {id}, since a gateway to external network {networkId} is required by one or more floating IPs.',
);
export const invalidRoutes = defineError(
  'badRequest',
  'InvalidRoutes',
  'Invalid format for routes: {routes}, {reason}',
);

export const externalIpExhausted = defineError(
  'badRequest',
  'ExternalIpAddressExhausted',
  'Unable to find any IP address on external network {id}.',
);
export const externalGatewayNotFound = defineError(
  'notFound',
  'ExternalGatewayForFloatingIPNotFound',
  'External network {networkId} is not reachable from subnet {subnetId}.  Therefore, cannot associate Port {portId} with a Floating IP.',
);
export const floatingIpPortAssociated = defineError(
  'conflict',
  'FloatingIPPortAlreadyAssociated',
  'Cannot associate floating IP {ip} ({id}) with port {portId} using fixed IP {fixedIp}, as that fixed IP already has a floating IP on external network {networkId}.',
);
export const externalNetworkInUse = defineError(
  'conflict',
  'ExternalNetworkInUse',
  'External network {id} cannot be updated to be made non-external, since it has existing gateway ports.',
);
export const invalidSharedSetting = defineError(
  'conflict',
  'InvalidSharedSetting',
  'Unable to reconfigure sharing settings for network {id}. Multiple tenants are using it.',
);

export const securityGroupInUse = defineError('conflict', 'SecurityGroupInUse', 'Security Group {id} in use.');
export const cannotRemoveDefault = defineError(
  'conflict',
  'SecurityGroupCannotRemoveDefault',
  'Insufficient rights for removing default security group.',
);
export const defaultAlreadyExists = defineError(
  'conflict',
  'SecurityGroupDefaultAlreadyExists',
  'Default security group already exists.',
);
export const cannotUpdateDefault = defineError(
  'conflict',
  'SecurityGroupCannotUpdateDefault',
  'Updating default security group not allowed.',
);
export const securityGroupRuleExists = defineError(
  'conflict',
  'SecurityGroupRuleExists',
  'Security group rule already exists. Rule id is {id}.',
);
export const ruleInvalidProtocol = defineError(
  'badRequest',
  'SecurityGroupRuleInvalidProtocol',
  'Security group rule protocol {protocol} not supported. Only protocol values {values} and integer representations [0 to 255] are supported.',
);
export const ruleInvalidRange = defineError(
  'badRequest',
  'SecurityGroupInvalidPortRange',
  'For TCP/UDP protocols, port_range_min must be <= port_range_max, and both at least 1: got {min} and {max}.',
);
export const ruleInvalidIcmp = defineError(
  'badRequest',
  'SecurityGroupInvalidIcmpValue',
  'Invalid value for ICMP {field} ({attribute}) {value}. It must be 0 to 255.',
);
export const ruleMissingIcmpType = defineError(
  'badRequest',
  'SecurityGroupMissingIcmpType',
  'ICMP code (port-range-max) {value} is provided but ICMP type (port-range-min) is missing.',
);
export const ruleRangeWithoutProtocol = defineError(
  'badRequest',
  'SecurityGroupProtocolRequiredWithPorts',
  'Must also specify protocol if port range is given.',
);
export const ruleRangeForProtocol = defineError(
  'badRequest',
  'SecurityGroupInvalidProtocolForPort',
  'Invalid protocol {protocol} for port range, only supported for TCP, UDP, UDPLITE, SCTP and DCCP.',
);
export const rulePrefixMismatch = defineError(
  'badRequest',
  'SecurityGroupRuleParameterConflict',
  'Conflicting value ethertype {ethertype} for CIDR {cidr}',
);
export const ruleProtocolMismatch = defineError(
  'badRequest',
  'SecurityGroupEthertypeConflictWithProtocol',
  'Invalid ethertype {ethertype} for protocol {protocol}.',
);
export const ruleRemoteBoth = defineError(
  'badRequest',
  'SecurityGroupMultipleRemoteEntites',
  'Only one of remote_ip_prefix or remote_group_id may be provided.',
);
export const invalidCidr = defineError('badRequest', 'InvalidCIDR', 'Invalid CIDR {cidr} given as IP prefix.');
