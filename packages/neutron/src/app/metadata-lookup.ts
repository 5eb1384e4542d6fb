import { canonicalIp } from '@kumo/core/schema';
import { withDetails } from '../db/ports.ts';
import { networks, portRows, routers, subnets } from '../db/tables.ts';
import type { NeutronDeps } from './deps.ts';
import { isInstance } from './port-rules.ts';
import { interfacePorts } from './router-gateway.ts';

/** Whose request for metadata it is, and where such requests are answered. */
export class MetadataLookup {
  readonly #deps: NeutronDeps;

  constructor(deps: NeutronDeps) {
    this.#deps = deps;
  }

  /** The instance with this address on the network, or on a network behind the router; null when there is none. */
  async instance(at: {
    ip: string;
    routerId?: string;
    networkId?: string;
  }): Promise<{ instanceId: string; projectId: string } | null> {
    const { q } = this.#deps.db;
    const networkIds =
      at.routerId === undefined
        ? [at.networkId ?? '']
        : (await interfacePorts(q, at.routerId)).map((port) => port.networkId);
    if (networkIds.length === 0) return null;
    const rows = await q
      .selectFrom('ip_allocations')
      .select('port_id')
      .where('network_id', 'in', networkIds)
      .where('ip_address', '=', canonicalIp(at.ip) ?? at.ip)
      .execute();
    const ports = await withDetails(
      q,
      await portRows.findMany(
        q,
        rows.map((row) => row.port_id),
      ),
    );
    const port = ports.find((one) => isInstance(one));
    return port ? { instanceId: port.deviceId, projectId: port.projectId } : null;
  }

  /** Routers, and networks with a subnet that no router serves, whose agents are on this host. */
  async places(host: string): Promise<{ routerIds: string[]; networkIds: string[] }> {
    const { q } = this.#deps.db;
    const here = await routers.where(q, 'host', [host]);
    const served = await networks.where(q, 'dhcpHost', [host]);
    const networkIds: string[] = [];
    for (const network of served) {
      const ports = await withDetails(q, await portRows.where(q, 'networkId', [network.id]));
      const routed = new Set(
        ports
          .filter((port) => port.deviceOwner === 'network:router_interface')
          .flatMap((port) => port.fixedIps.map((ip) => ip.subnetId)),
      );
      const inside = (await subnets.where(q, 'networkId', [network.id])).filter(
        (subnet) => subnet.enableDhcp && subnet.ipVersion === 4,
      );
      if (inside.some((subnet) => !routed.has(subnet.id))) networkIds.push(network.id);
    }
    return { routerIds: here.map((router) => router.id), networkIds };
  }
}
