import { BlockList, isIPv4 } from 'node:net';
import type { Context } from '@kumo/core/context';
import { KumoError } from '@kumo/core/errors';
import type { RequestedNetwork } from '../db/server-shapes.ts';
import {
  externalNetworkForbidden,
  fixedIpInUse,
  fixedIpInvalid,
  invalidRequest,
  networkAmbiguous,
  networkNotFound,
  networkRequiresSubnet,
  noNetworkToAllocate,
  portInUse,
  portLimitExceeded,
  portNotFound,
  portNotUsable,
  portRequiresFixedIp,
  securityGroupAmbiguous,
  securityGroupNotFound,
} from '../errors.ts';
import type { Neighbours } from './neighbours.ts';
import type { WantedNetwork, WantedNetworks } from './server-wanted.ts';

type Neutron = Neighbours['neutron'];
type Network = Awaited<ReturnType<Neutron['listNetworks']>>['networks'][number];

export interface NetworkRules {
  /** May use an external network that is not shared. */
  mayUseExternal: boolean;
  /** Whose the servers are: ports of others are not theirs to use, whoever may see them. */
  projectId: string;
  /** How many servers are asked for: addresses and ports cannot be shared among them. */
  servers: number;
}

/**
 * The interfaces of a server, checked with Neutron as the user sees it: networks and ports exist, ports are free,
 * addresses fit.
 * @throws 400, 403, 409 as Nova does.
 */
export async function requestedNetworks(
  neutron: Neutron,
  ctx: Context,
  wanted: WantedNetworks,
  rules: NetworkRules,
): Promise<RequestedNetwork[]> {
  if (wanted === 'none') return [];
  if (typeof wanted === 'string') return projectNetwork(neutron, ctx, wanted, rules);
  if (wanted.length === 0) return projectNetwork(neutron, ctx, 'project', rules);
  const portIds = wanted.flatMap(({ portId }) => (portId === undefined ? [] : [portId]));
  if (rules.servers > 1 && portIds.length > 0)
    throw invalidRequest({
      message:
        'Unable to launch multiple instances with a single configured port ID. Please launch your instance one by one with different ports.',
    });
  if (rules.servers > 1 && wanted.some(({ fixedIp }) => fixedIp !== undefined))
    throw invalidRequest({ message: 'max_count cannot be greater than 1 if an fixed_ip is specified.' });
  if (new Set(portIds).size < portIds.length) throw portInUse({ id: portIds[0] });
  await Promise.all([
    ...portIds.map((portId) => checkPort(neutron, ctx, portId, rules)),
    checkNetworks(neutron, ctx, wanted, rules),
    ...wanted.map((one) => checkFixedIp(neutron, ctx, one)),
    checkPortQuota(neutron, ctx, (wanted.length - portIds.length) * rules.servers),
  ]);
  return wanted.map(({ networkId, portId, fixedIp, tag }) => ({
    networkId: portId ? undefined : networkId,
    portId,
    fixedIp,
    tag,
  }));
}

async function projectNetwork(
  neutron: Neutron,
  ctx: Context,
  wanted: 'project' | 'auto',
  rules: NetworkRules,
): Promise<RequestedNetwork[]> {
  const own = { user: ctx };
  const [mine, shared] = await Promise.all([
    neutron.listNetworks({ query: { tenant_id: [ctx.projectId ?? ''], shared: ['False'] }, ...own }),
    neutron.listNetworks({ query: { shared: ['True'] }, ...own }),
  ]);
  const usable = [...mine.networks, ...shared.networks].filter(
    (network) => network.admin_state_up && (network.shared || !network['router:external']),
  );
  const withSubnet = wanted === 'auto' ? usable.filter(({ subnets }) => subnets.length > 0) : usable;
  if (withSubnet.length > 1) throw networkAmbiguous();
  const [only] = withSubnet;
  if (!only) {
    if (wanted === 'auto') throw noNetworkToAllocate({ project: ctx.projectId });
    return [];
  }
  checkUsable(only, rules);
  await checkPortQuota(neutron, ctx, rules.servers);
  return [{ networkId: only.id }];
}

async function checkNetworks(
  neutron: Neutron,
  ctx: Context,
  wanted: readonly WantedNetwork[],
  rules: NetworkRules,
): Promise<void> {
  for (const { networkId, portId } of wanted)
    if (!networkId && !portId) throw invalidRequest({ message: "Bad network format: missing 'uuid'" });
  const ids = [...new Set(wanted.flatMap(({ networkId, portId }) => (networkId && !portId ? [networkId] : [])))];
  if (ids.length === 0) return;
  const { networks } = await neutron.listNetworks({ query: { id: ids }, user: ctx });
  for (const id of ids) {
    const found = networks.find((network) => network.id === id);
    if (!found) throw networkNotFound({ id });
    checkUsable(found, rules);
  }
}

function checkUsable(network: Network, rules: NetworkRules): void {
  if (network['router:external'] && !network.shared && !rules.mayUseExternal)
    throw externalNetworkForbidden({ id: network.id });
  if (network.subnets.length === 0) throw networkRequiresSubnet({ id: network.id });
}

async function checkPort(neutron: Neutron, ctx: Context, portId: string, { projectId }: NetworkRules): Promise<void> {
  const { port } = await neutron.showPort({ params: { port_id: portId }, user: ctx }).catch((error) => {
    if (error instanceof KumoError && error.kind === 'notFound') throw portNotFound({ id: portId }, { cause: error });
    throw error;
  });
  if (port.tenant_id !== projectId) throw portNotUsable({ id: portId });
  if (port.device_id) throw portInUse({ id: portId });
  if (port.fixed_ips.length === 0) throw portRequiresFixedIp({ id: portId });
}

/** @throws 400 when the address lies in none of the network's subnets, or belongs to another port. */
async function checkFixedIp(
  neutron: Neutron,
  ctx: Context,
  { networkId, portId, fixedIp }: WantedNetwork,
): Promise<void> {
  if (fixedIp === undefined) return;
  if (portId !== undefined)
    throw invalidRequest({
      message: `Specified Fixed IP '${fixedIp}' cannot be used with port '${portId}': the two cannot be specified together.`,
    });
  if (networkId === undefined) return;
  const own = { user: ctx };
  const [{ subnets }, { ports }] = await Promise.all([
    neutron.listSubnets({ query: { network_id: [networkId] }, ...own }),
    neutron.listPorts({ query: { network_id: [networkId], fixed_ips: [`ip_address=${fixedIp}`] }, ...own }),
  ]);
  const family = isIPv4(fixedIp) ? 'ipv4' : 'ipv6';
  const isInside = subnets.some(({ cidr, ip_version }) => {
    if (ip_version !== (family === 'ipv4' ? 4 : 6)) return false;
    const [address = '', prefix] = cidr.split('/');
    const range = new BlockList();
    range.addSubnet(address, Number(prefix), family);
    return range.check(fixedIp, family);
  });
  if (!isInside) throw fixedIpInvalid({ ip: fixedIp, id: networkId });
  if (ports.length > 0) throw fixedIpInUse({ ip: fixedIp });
}

/** With Nova's own token: an ordinary user may not read quotas. */
async function checkPortQuota(neutron: Neutron, ctx: Context, needed: number): Promise<void> {
  if (needed === 0 || ctx.projectId === undefined) return;
  const { quota } = await neutron.showQuotaDetails({ params: { project_id: ctx.projectId }, ctx });
  const { port } = quota;
  if (port && port.limit >= 0 && port.used + port.reserved + needed > port.limit) throw portLimitExceeded();
}

/** Names or ids of security groups → their ids. None, or only `default`: Neutron's own default holds. */
export async function securityGroupIds(neutron: Neutron, ctx: Context, wanted: readonly string[]): Promise<string[]> {
  const names = [...new Set(wanted)];
  if (names.every((name) => name === 'default')) return [];
  const { security_groups } = await neutron.listSecurityGroups({
    query: { tenant_id: [ctx.projectId ?? ''] },
    user: ctx,
  });
  return names.map((name) => {
    const byId = security_groups.find(({ id }) => id === name);
    if (byId) return byId.id;
    const byName = security_groups.filter((group) => group.name === name);
    if (byName.length > 1) throw securityGroupAmbiguous({ name });
    if (byName.length === 0) throw securityGroupNotFound({ name });
    return byName[0]!.id;
  });
}
