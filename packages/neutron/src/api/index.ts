import { operationsIn, policiesOf } from '@kumo/core/http';
import type { Policy } from '@kumo/core/policy';
import * as agents from './agents.ts';
import * as floatingIps from './floating-ips.ts';
import * as networks from './networks.ts';
import { sharedPolicies } from './policies.ts';
import * as ports from './ports.ts';
import * as quotas from './quotas.ts';
import * as routers from './routers.ts';
import * as securityGroups from './security-groups.ts';
import * as subnets from './subnets.ts';
import * as system from './system.ts';
import * as tags from './tags.ts';

/** Every operation of Neutron, for typed clients: `client(neutronApi, transport, …)`. */
export const neutronApi = {
  createNetwork: networks.createNetwork,
  createNetworks: networks.createNetworks,
  listNetworks: networks.listNetworks,
  showNetwork: networks.showNetwork,
  updateNetwork: networks.updateNetwork,
  deleteNetwork: networks.deleteNetwork,
  createSubnet: subnets.createSubnet,
  createSubnets: subnets.createSubnets,
  listSubnets: subnets.listSubnets,
  showSubnet: subnets.showSubnet,
  updateSubnet: subnets.updateSubnet,
  deleteSubnet: subnets.deleteSubnet,
  createPort: ports.createPort,
  createPorts: ports.createPorts,
  listPorts: ports.listPorts,
  showPort: ports.showPort,
  updatePort: ports.updatePort,
  deletePort: ports.deletePort,
  createRouter: routers.createRouter,
  listRouters: routers.listRouters,
  showRouter: routers.showRouter,
  updateRouter: routers.updateRouter,
  deleteRouter: routers.deleteRouter,
  addRouterInterface: routers.addRouterInterface,
  removeRouterInterface: routers.removeRouterInterface,
  createFloatingIp: floatingIps.createFloatingIp,
  listFloatingIps: floatingIps.listFloatingIps,
  showFloatingIp: floatingIps.showFloatingIp,
  updateFloatingIp: floatingIps.updateFloatingIp,
  deleteFloatingIp: floatingIps.deleteFloatingIp,
  createSecurityGroup: securityGroups.createSecurityGroup,
  listSecurityGroups: securityGroups.listSecurityGroups,
  showSecurityGroup: securityGroups.showSecurityGroup,
  updateSecurityGroup: securityGroups.updateSecurityGroup,
  deleteSecurityGroup: securityGroups.deleteSecurityGroup,
  createSecurityGroupRule: securityGroups.createSecurityGroupRule,
  createSecurityGroupRules: securityGroups.createSecurityGroupRules,
  listSecurityGroupRules: securityGroups.listSecurityGroupRules,
  showSecurityGroupRule: securityGroups.showSecurityGroupRule,
  deleteSecurityGroupRule: securityGroups.deleteSecurityGroupRule,
  listAgents: agents.listAgents,
  showAgent: agents.showAgent,
  updateAgent: agents.updateAgent,
  deleteAgent: agents.deleteAgent,
  listQuotas: quotas.listQuotas,
  showQuota: quotas.showQuota,
  showDefaultQuota: quotas.showDefaultQuota,
  showQuotaDetails: quotas.showQuotaDetails,
  updateQuota: quotas.updateQuota,
  deleteQuota: quotas.deleteQuota,
  listVersions: system.listVersions,
  showVersion: system.showVersion,
  listExtensions: system.listExtensions,
  showExtension: system.showExtension,
  listAvailabilityZones: system.listAvailabilityZones,
  listServiceProviders: system.listServiceProviders,
  listIpAvailabilities: system.listIpAvailabilities,
  showIpAvailability: system.showIpAvailability,
  listTags: tags.listTags,
  replaceTags: tags.replaceTags,
  addTags: tags.addTags,
  deleteTags: tags.deleteTags,
  checkTag: tags.checkTag,
  addTag: tags.addTag,
  deleteTag: tags.deleteTag,
};

/** The defaults of all of Neutron's policies: those of its operations, and those that handlers and other rules ask. */
export const neutronPolicies: readonly Policy[] = [...sharedPolicies, ...policiesOf(operationsIn(neutronApi))];
