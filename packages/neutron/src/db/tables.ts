import { codec } from './codec.ts';
import type { FloatingIp, Network, PortRow, Router, SecurityGroup, SecurityGroupRule, Subnet } from './records.ts';
import { Table } from './table.ts';

export const networks = new Table<Network>(
  'networks',
  codec({
    json: ['availabilityZoneHints'],
    bool: ['adminStateUp', 'shared', 'isExternal', 'isDefault', 'portSecurityEnabled'],
  }),
);

export const subnets = new Table<Subnet>(
  'subnets',
  codec({ json: ['allocationPools', 'dnsNameservers', 'hostRoutes', 'serviceTypes'], bool: ['enableDhcp'] }),
);

export const portRows = new Table<PortRow>(
  'ports',
  codec({
    json: ['allowedAddressPairs', 'extraDhcpOpts', 'bindingProfile'],
    bool: ['adminStateUp', 'portSecurityEnabled'],
  }),
);

export const routers = new Table<Router>(
  'routers',
  codec({ json: ['routes', 'availabilityZoneHints'], bool: ['adminStateUp', 'enableSnat'] }),
);

export const floatingIps = new Table<FloatingIp>('floating_ips', codec({}));

export const securityGroups = new Table<SecurityGroup>('security_groups', codec({ bool: ['stateful'] }));

export const securityGroupRules = new Table<SecurityGroupRule>('security_group_rules', codec({}));
