import type { Static } from 'typebox';
import { portsWhere } from '../db/ports.ts';
import type { Network, Port, Router, Subnet } from '../db/records.ts';
import type { Query } from '../db/table.ts';
import { floatingIps, networks, routers, subnets } from '../db/tables.ts';
import type { RouterShape } from '../rpc/shapes.ts';
import type { NeutronDeps } from './deps.ts';
import { segmentOf } from './segments.ts';

type RouterState = Static<typeof RouterShape>;
type RouterPort = RouterState['interfaces'][number];

/** What a host's L3 agent shall make true. */
export class L3StateReader {
  readonly #deps: NeutronDeps;

  constructor(deps: NeutronDeps) {
    this.#deps = deps;
  }

  async read(host: string, routerIds?: readonly string[]): Promise<RouterState[]> {
    const { q } = this.#deps.db;
    const here = await routers.where(q, 'host', [host]);
    const wanted = routerIds === undefined ? here : here.filter((router) => routerIds.includes(router.id));
    const described: RouterState[] = [];
    for (const router of wanted) described.push(await this.#describe(q, router));
    return described;
  }

  async #describe(q: Query, router: Router): Promise<RouterState> {
    const ports = await portsWhere(q, 'deviceId', [router.id]);
    const around = await surroundings(q, ports);
    const inner = ports.filter((port) => port.deviceOwner === 'network:router_interface' && port.adminStateUp);
    const outer = ports.find((port) => port.id === router.gatewayPortId);
    const held = await floatingIps.where(q, 'routerId', [router.id]);
    return {
      routerId: router.id,
      adminUp: router.adminStateUp,
      interfaces: inner.flatMap((port) => around.describe(port)),
      gateway: outer ? gatewayOf(outer, router, around) : null,
      floatingIps: held.flatMap(({ id, floatingIpAddress, fixedIpAddress }) =>
        fixedIpAddress === null ? [] : [{ floatingIpId: id, floatingIp: floatingIpAddress, fixedIp: fixedIpAddress }],
      ),
      routes: router.routes,
    };
  }
}

interface Surroundings {
  subnets: ReadonlyMap<string, Subnet>;
  /** One element, or none when the network has just gone. */
  describe(port: Port): RouterPort[];
}

async function surroundings(q: Query, ports: readonly Port[]): Promise<Surroundings> {
  const subnetIds = [...new Set(ports.flatMap((port) => port.fixedIps.map((ip) => ip.subnetId)))];
  const byId = new Map((await subnets.findMany(q, subnetIds)).map((subnet) => [subnet.id, subnet]));
  const found = await networks.findMany(q, [...new Set(ports.map((port) => port.networkId))]);
  const byNetwork = new Map<string, Network>(found.map((network) => [network.id, network]));
  return {
    subnets: byId,
    describe: (port) => {
      const network = byNetwork.get(port.networkId);
      if (!network) return [];
      const addresses = port.fixedIps.flatMap(({ subnetId, ipAddress }) => {
        const subnet = byId.get(subnetId);
        return subnet ? [`${ipAddress}/${subnet.cidr.split('/')[1]}`] : [];
      });
      return [{ portId: port.id, mac: port.macAddress, segment: segmentOf(network), addresses }];
    },
  };
}

function gatewayOf(port: Port, router: Router, around: Surroundings): RouterState['gateway'] {
  const [described] = around.describe(port);
  if (!described) return null;
  const own = port.fixedIps.map((ip) => around.subnets.get(ip.subnetId)).filter((subnet) => subnet !== undefined);
  const gatewayIps = [4, 6].flatMap((version) => {
    const gatewayIp = own.find((subnet) => subnet.ipVersion === version)?.gatewayIp;
    return gatewayIp ? [gatewayIp] : [];
  });
  return { ...described, gatewayIps, enableSnat: router.enableSnat };
}
