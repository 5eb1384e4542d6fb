import { isIPv4 } from 'node:net';
import { checkedCidr, checkedIp, checkedMac, checkedName } from '../host/checked-values.ts';
import { gatewayDeviceName, routerDeviceName, routerNamespace } from '../host/marks.ts';
import { ensureNamespace, ownNamespaces, removeNamespace } from '../host/namespace.ts';
import { type Link, type NetHost, namespaceExists } from '../host/net-host.ts';
import { addressLines, ensureVeth } from '../host/veth.ts';
import type { L3Driver, Router, RouterReport } from './driver.ts';
import { routerTable } from './router-nat.ts';

const METADATA_ADDRESS = '169.254.169.254/32';

/** What a router needs that a fresh namespace is not. Reverse path: loose, for guests may route asymmetrically. */
const ROUTER_SETTINGS = [
  'net.ipv4.ip_forward=1',
  'net.ipv4.conf.all.rp_filter=2',
  'net.ipv4.conf.all.arp_notify=1',
  'net.ipv4.conf.all.send_redirects=0',
  'net.ipv4.conf.default.send_redirects=0',
  'net.ipv6.conf.all.forwarding=1',
  'net.ipv6.conf.default.accept_ra=0',
];

interface Device {
  name: string;
  addresses: readonly string[];
  port: Router['interfaces'][number];
}

/** Routers as network namespaces `qrouter-<id>` with `qr-…` and `qg-…` interfaces and nftables. */
export class NamespaceL3Driver implements L3Driver {
  readonly #host: NetHost;
  /** The table each router was given by this process; what an earlier one wrote is replaced once. */
  readonly #tables = new Map<string, string>();

  constructor(host: NetHost) {
    this.#host = host;
  }

  async ensureRouter(router: Router): Promise<RouterReport> {
    const namespace = routerNamespace(checkedName(router.routerId));
    const made = await ensureNamespace(this.#host, namespace, 'router', router.routerId);
    if (made) this.#tables.delete(router.routerId);
    await this.#ensureSettings(namespace);
    const links = await this.#host.addresses(namespace);
    const devices = devicesOf(router);
    await this.#host.deleteLinks(goneDevices(links, devices), namespace);
    for (const { name, port } of devices)
      await ensureVeth(this.#host, port, { namespace, device: name, kind: 'router' }, links);
    await this.#ensureTable(router, namespace);
    const current = new Map(links.map((link) => [link.ifname, link]));
    await this.#host.ipBatch(
      [
        ...addressLines('lo', withoutLoopback(current.get('lo')), [METADATA_ADDRESS]),
        ...devices.flatMap(({ name, addresses }) => addressLines(name, current.get(name), addresses)),
      ],
      namespace,
    );
    await this.#ensureRoutes(router, namespace);
    await this.#announce(router, namespace, current);
    const status = router.gateway ? ('ACTIVE' as const) : ('DOWN' as const);
    return {
      routerId: router.routerId,
      namespace,
      floatingIps: router.floatingIps.map(({ floatingIpId }) => ({ floatingIpId, status })),
    };
  }

  async removeRouter(routerId: string): Promise<void> {
    const namespace = routerNamespace(checkedName(routerId));
    this.#tables.delete(routerId);
    if (!namespaceExists(namespace)) return;
    // Inner ends first: a namespace goes away some time after it was deleted, its veths should be gone now.
    await this.#host.deleteLinks(goneDevices(await this.#host.links(namespace), []), namespace);
    await removeNamespace(namespace);
  }

  async report(): Promise<{ routerId: string; namespace: string }[]> {
    const own = await ownNamespaces(this.#host);
    return own.filter(({ kind }) => kind === 'router').map(({ name, id }) => ({ routerId: id, namespace: name }));
  }

  /** Read before written: a namespace that a crash left half made is finished by the next run. */
  async #ensureSettings(namespace: string): Promise<void> {
    const names = ROUTER_SETTINGS.map((setting) => setting.split('=')[0] ?? '');
    const { stdout } = await this.#host.exec('sysctl', names, { namespace });
    if (stdout.trim().replaceAll(' = ', '=') === ROUTER_SETTINGS.join('\n')) return;
    await this.#host.exec('sysctl', ['-qw', ...ROUTER_SETTINGS], { namespace });
  }

  async #ensureTable(router: Router, namespace: string): Promise<void> {
    const text = routerTable(this.#host.marks.table, router);
    const tables = await this.#host.ownTables(namespace);
    if (this.#tables.get(router.routerId) === text && tables.length > 0) return;
    await this.#host.nft(text, namespace);
    this.#tables.set(router.routerId, text);
  }

  async #ensureRoutes(router: Router, namespace: string): Promise<void> {
    const wanted = [
      ...router.routes.map((route) => `${checkedCidr(route.destination)} via ${checkedIp(route.nexthop)}`),
      ...(router.gateway?.gatewayIps ?? []).map((ip) => `${isIPv4(ip) ? 'default' : '::/0'} via ${checkedIp(ip)}`),
    ];
    const have = await this.#staticRoutes(
      namespace,
      wanted.some((route) => route.includes(':')),
    );
    await this.#host.ipBatch(
      [
        ...have.filter((route) => !wanted.includes(route)).map((route) => `route delete ${route}`),
        ...wanted.filter((route) => !have.includes(route)).map((route) => `route replace ${route}`),
      ],
      namespace,
    );
  }

  async #staticRoutes(namespace: string, withIpv6: boolean): Promise<string[]> {
    type Row = { dst: string; gateway?: string; protocol?: string };
    const ipv4 = await this.#host.ipJson<Row>(['-4', 'route', 'show'], namespace);
    const ipv6 = withIpv6 ? await this.#host.ipJson<Row>(['-6', 'route', 'show'], namespace) : [];
    const text = (rows: Row[], any: string) =>
      rows.filter((row) => row.gateway).map((row) => `${row.dst === 'default' ? any : row.dst} via ${row.gateway}`);
    return [...text(ipv4, 'default'), ...text(ipv6, '::/0')];
  }

  /** Tells the external network who has the addresses that are new here, and forgets the connections of those that went. */
  async #announce(router: Router, namespace: string, before: ReadonlyMap<string, Link>): Promise<void> {
    if (!router.gateway) return;
    const device = gatewayDeviceName(router.gateway.portId);
    const had = new Set((before.get(device)?.addr_info ?? []).map((address) => address.local));
    const now = gatewayAddresses(router).map((cidr) => cidr.split('/')[0] ?? '');
    // With arp_notify, setting the MAC (the same again) makes the kernel send a gratuitous ARP for every address.
    if (now.some((ip) => isIPv4(ip) && !had.has(ip))) {
      await this.#host.ipBatch([`link set dev ${device} address ${checkedMac(router.gateway.mac)}`], namespace);
    }
    for (const ip of [...had].filter((address) => isIPv4(address) && !now.includes(address))) {
      for (const side of ['--orig-dst', '--reply-dst']) {
        await this.#host.exec('conntrack', ['-D', side, ip], { namespace, okCodes: [0, 1] });
      }
    }
  }
}

function devicesOf(router: Router): Device[] {
  const inner = router.interfaces.map((port) => ({
    name: routerDeviceName(port.portId),
    addresses: port.addresses.map(checkedCidr),
    port,
  }));
  if (!router.gateway) return inner;
  return [
    ...inner,
    { name: gatewayDeviceName(router.gateway.portId), addresses: gatewayAddresses(router), port: router.gateway },
  ];
}

function gatewayAddresses(router: Router): string[] {
  const own = (router.gateway?.addresses ?? []).map(checkedCidr);
  return [...own, ...router.floatingIps.map((floating) => `${checkedIp(floating.floatingIp)}/32`)];
}

function goneDevices(links: readonly Link[], devices: readonly Device[]): string[] {
  return links
    .map((link) => link.ifname)
    .filter((name) => /^q[rg]-/.test(name) && !devices.some((device) => device.name === name));
}

/** `lo` without the addresses that the kernel gave it, which are not ours to remove. */
function withoutLoopback(lo: Link | undefined): Link | undefined {
  return (
    lo && { ...lo, addr_info: (lo.addr_info ?? []).filter(({ local }) => local !== '127.0.0.1' && local !== '::1') }
  );
}
