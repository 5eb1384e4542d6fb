import type { Client } from '@kumo/core/client';
import type { neutronApi } from '@kumo/neutron/api';
import type { Static } from 'typebox';
import type { GuestNic } from '../drivers/virt/driver.ts';
import { bindingFailed, portTaken, portVanished } from '../errors.ts';
import type { NetworkInterface, NetworkRequest, ServerDescription } from '../rpc/shapes.ts';
import { unlessAbsent } from './absent.ts';
import { asUser, type CallScope } from './call-scope.ts';
import { type WiringOptions, WiringWatch } from './wiring-watch.ts';

export type Neutron = Client<typeof neutronApi>;
type Port = Static<(typeof neutronApi.showPort)['reply']>['port'];
type Wanted = Pick<ServerDescription, 'id' | 'projectId' | 'availabilityZone' | 'request'>;

/** In the profile of a port's binding: Nova made this port, for that request. */
const MADE_FOR = 'kumo_request';

/** Neutron from a host's point of view: makes, binds, awaits and releases the ports of its guests. */
export class NetworkSide {
  readonly #neutron: Neutron;
  readonly #host: string;
  readonly wiring: WiringWatch;

  constructor(neutron: Neutron, host: string) {
    this.#neutron = neutron;
    this.#host = host;
    this.wiring = new WiringWatch(async (portId, scope) => (await this.#show(portId, scope)).status);
  }

  /** One bound port per network or port that was asked for, in that order; ports that a former try made are found again. */
  async ensurePorts(server: Wanted, scope: CallScope): Promise<NetworkInterface[]> {
    if (server.request.networks.length === 0) return [];
    const made = await this.#portsOf(server.id, scope);
    const ports: { port: Port; wanted: NetworkRequest }[] = [];
    for (const [index, wanted] of server.request.networks.entries())
      ports.push({ port: await this.#ensure(server, wanted, String(index), made, scope), wanted });
    return this.#describe(ports, scope);
  }

  /** One more port; `request` names the wish, so that a repetition finds what the first try made. */
  async ensurePort(
    server: Wanted,
    wanted: NetworkRequest,
    request: string,
    scope: CallScope,
  ): Promise<NetworkInterface> {
    const port = await this.#ensure(server, wanted, request, await this.#portsOf(server.id, scope), scope);
    const [described] = await this.#describe([{ port, wanted }], scope);
    return described!;
  }

  /** Deletes the ports that Nova made for the server; the user's own are only let go of. */
  async releasePorts(server: Pick<ServerDescription, 'id'>, scope: CallScope): Promise<void> {
    for (const port of await this.#portsOf(server.id, scope)) await this.#release(port, isMade(port), scope);
  }

  /** Undoes `ensurePort`, also of a try that was cut short. */
  async releaseRequested(
    serverId: string,
    { wanted, request, portId = wanted.portId }: { wanted: NetworkRequest; request: string; portId?: string },
    scope: CallScope,
  ): Promise<void> {
    for (const port of await this.#portsOf(serverId, scope))
      if (port.id === portId || port['binding:profile']?.[MADE_FOR] === request)
        await this.#release(port, isMade(port), scope);
  }

  /** Lets go of one port of the server; deletes it unless it is to be preserved. */
  async releasePort(serverId: string, portId: string, preserve: boolean, scope: CallScope): Promise<void> {
    const found = await unlessAbsent(this.#neutron.showPort({ params: { port_id: portId }, ...scope }));
    if (found?.port.device_id === serverId) await this.#release(found.port, !preserve, scope);
  }

  /** The interfaces when all of them are wired, as Neutron sees them then. @throws vifPlugTimeout */
  async waitUntilWired(
    interfaces: readonly NetworkInterface[],
    options: WiringOptions & CallScope,
  ): Promise<NetworkInterface[]> {
    const waiting = interfaces.filter(({ status }) => status !== 'ACTIVE').map(({ portId }) => portId);
    await this.wiring.wait(waiting, options);
    return interfaces.map((nic) => ({ ...nic, status: 'ACTIVE' }));
  }

  /** The interfaces with the addresses, floating addresses and states that they have now; without those that are gone. */
  async refreshed(interfaces: readonly NetworkInterface[], scope: CallScope): Promise<NetworkInterface[]> {
    if (interfaces.length === 0) return [];
    const ids = interfaces.map(({ portId }) => portId);
    const { ports } = await this.#neutron.listPorts({ query: { id: ids }, ...scope });
    const byId = new Map(ports.map((port) => [port.id, port]));
    const known = interfaces.flatMap((nic) => {
      const port = byId.get(nic.portId);
      return port ? [{ port, wanted: { tag: nic.tag } }] : [];
    });
    return this.#describe(known, scope);
  }

  /** The networks' subnets, for what a guest is told about its addresses. */
  async subnetsOf(interfaces: readonly NetworkInterface[], scope: CallScope) {
    const id = [...new Set(interfaces.flatMap(({ addresses }) => addresses.flatMap(({ subnetId }) => subnetId ?? [])))];
    if (id.length === 0) return [];
    return (await this.#neutron.listSubnets({ query: { id }, ...scope })).subnets;
  }

  /** What the hypervisor plugs in: the tap that Neutron's agent makes for the port. */
  nicOf({ portId, macAddress, mtu = 1500 }: NetworkInterface): GuestNic {
    return { portId, mac: macAddress, tap: `tap${portId.slice(0, 11)}`, mtu };
  }

  async #ensure(server: Wanted, wanted: NetworkRequest, request: string, made: Port[], scope: CallScope) {
    const port = wanted.portId
      ? await this.#takeUsersPort(server, wanted.portId, scope)
      : (made.find((candidate) => candidate['binding:profile']?.[MADE_FOR] === request) ??
        (await this.#create(server, wanted, request, scope)));
    const bound = port['binding:host_id'] === this.#host ? port : await this.#bind(server, port.id, scope);
    if (bound['binding:vif_type'] === 'binding_failed') throw bindingFailed({ port: port.id, host: this.#host });
    return bound;
  }

  async #takeUsersPort(server: Wanted, portId: string, scope: CallScope): Promise<Port> {
    const found = await unlessAbsent(this.#neutron.showPort({ params: { port_id: portId }, ...asUser(scope) }));
    if (!found) throw portVanished({ port: portId });
    const { port } = found;
    if (port.device_id !== '' && port.device_id !== server.id) throw portTaken({ port: portId });
    return port.device_id === server.id ? port : this.#bind(server, portId, asUser(scope));
  }

  async #create(server: Wanted, wanted: NetworkRequest, request: string, scope: CallScope): Promise<Port> {
    const { securityGroupIds } = server.request;
    // As the user: Neutron refuses him here what it refuses him at its own door. The binding is Nova's to say.
    const { port } = await this.#neutron.createPort({
      body: {
        port: {
          network_id: wanted.networkId!,
          project_id: server.projectId,
          ...this.#binding(server),
          'binding:profile': { [MADE_FOR]: request },
          ...(wanted.fixedIp === undefined ? {} : { fixed_ips: [{ ip_address: wanted.fixedIp }] }),
          ...(securityGroupIds.length === 0 ? {} : { security_groups: securityGroupIds }),
        },
      },
      ...asUser(scope),
    });
    return port;
  }

  async #bind(server: Wanted, portId: string, scope: CallScope | ReturnType<typeof asUser>): Promise<Port> {
    this.wiring.forget(portId);
    const body = { port: this.#binding(server) };
    return (await this.#neutron.updatePort({ params: { port_id: portId }, body, ...scope })).port;
  }

  #binding(server: Wanted) {
    return {
      device_id: server.id,
      device_owner: `compute:${server.availabilityZone ?? 'nova'}`,
      'binding:host_id': this.#host,
    };
  }

  async #release(port: Port, remove: boolean, scope: CallScope): Promise<void> {
    const params = { port_id: port.id };
    if (remove) {
      await unlessAbsent(this.#neutron.deletePort({ params, ...scope }));
      return;
    }
    const body = { port: { device_id: '', device_owner: '', 'binding:host_id': '' } };
    await unlessAbsent(this.#neutron.updatePort({ params, body, ...scope }));
  }

  async #portsOf(serverId: string, scope: CallScope): Promise<Port[]> {
    return (await this.#neutron.listPorts({ query: { device_id: [serverId] }, ...scope })).ports;
  }

  async #show(portId: string, scope: CallScope): Promise<Port> {
    const found = await unlessAbsent(this.#neutron.showPort({ params: { port_id: portId }, ...scope }));
    if (!found) throw portVanished({ port: portId });
    return found.port;
  }

  async #describe(
    entries: readonly { port: Port; wanted: NetworkRequest }[],
    scope: CallScope,
  ): Promise<NetworkInterface[]> {
    if (entries.length === 0) return [];
    const networkIds = [...new Set(entries.map(({ port }) => port.network_id))];
    const portIds = entries.map(({ port }) => port.id);
    const [{ networks }, { floatingips }] = await Promise.all([
      this.#neutron.listNetworks({ query: { id: networkIds }, ...scope }),
      this.#neutron.listFloatingIps({ query: { port_id: portIds }, ...scope }),
    ]);
    return entries.map(({ port, wanted }) => {
      const network = networks.find(({ id }) => id === port.network_id);
      const floating = floatingips.filter(({ port_id }) => port_id === port.id);
      return {
        portId: port.id,
        networkId: port.network_id,
        networkLabel: network?.name ?? '',
        macAddress: port.mac_address,
        addresses: port.fixed_ips.map(({ ip_address, subnet_id }) => ({
          address: ip_address,
          version: ip_address.includes(':') ? (6 as const) : (4 as const),
          subnetId: subnet_id,
          floating: floating
            .filter(({ fixed_ip_address }) => fixed_ip_address === ip_address)
            .map(({ floating_ip_address }) => floating_ip_address),
        })),
        ...(network ? { mtu: network.mtu } : {}),
        status: port.status,
        preserveOnDelete: !isMade(port),
        ...(wanted.tag === undefined ? {} : { tag: wanted.tag }),
        bindingHost: port['binding:host_id'] ?? '',
        tenantId: port.tenant_id,
      };
    });
  }
}

function isMade(port: Port): boolean {
  return port['binding:profile']?.[MADE_FOR] !== undefined;
}
