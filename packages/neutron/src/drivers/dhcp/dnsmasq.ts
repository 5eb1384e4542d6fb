import { chmod, chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readIfThere } from '@kumo/core/exec';
import { checkedName } from '../host/checked-values.ts';
import { dhcpDeviceName, dhcpNamespace } from '../host/marks.ts';
import { ensureNamespace, ownNamespaces, removeNamespace } from '../host/namespace.ts';
import { type Link, type NetHost, namespaceExists } from '../host/net-host.ts';
import { endProcess, runningPid } from '../host/pid-file.ts';
import { addressLines, ensureVeth } from '../host/veth.ts';
import { dhcpFilter } from './dhcp-filter.ts';
import { dnsmasqFiles, METADATA_IP } from './dnsmasq-config.ts';
import { dnsmasqGroup, type Group } from './dnsmasq-group.ts';
import type { DhcpDriver, DhcpNetwork, DhcpReport } from './driver.ts';

export interface DnsmasqOptions {
  /**
   * Folder of the networks' files. dnsmasq reads them as an unprivileged user, so others must be able to pass every folder
   * above (0711); a network's own folder lets only dnsmasq's group in.
   */
  runDir: string;
  /** Resolvers that dnsmasq forwards to; they must be reachable from the tenant's network. */
  upstreams: readonly string[];
  /** As which dnsmasq runs. Default `dnsmasq`, which Debian's package makes. */
  user?: string;
}

/** dnsmasq, one per network, in the namespace `qdhcp-<network>`; it goes on while Kumo does not run. */
export class DnsmasqDhcpDriver implements DhcpDriver {
  readonly #host: NetHost;
  readonly #options: DnsmasqOptions;
  /** The filter each namespace was given by this process; what an earlier one wrote is replaced once. */
  readonly #filters = new Map<string, string>();

  constructor(host: NetHost, options: DnsmasqOptions) {
    this.#host = host;
    this.#options = options;
  }

  async ensureNetwork(network: DhcpNetwork): Promise<DhcpReport> {
    const namespace = dhcpNamespace(checkedName(network.networkId));
    const device = dhcpDeviceName(network.port.portId);
    await ensureNamespace(this.#host, namespace, 'dhcp', network.networkId);
    const before = await this.#host.addresses(namespace);
    await this.#dropOtherDevices(namespace, before, device);
    // First, so that nothing is ever open to other networks.
    await this.#ensureFilter(network, namespace);
    await ensureVeth(this.#host, network.port, { namespace, device, kind: 'dhcp' }, before);
    await this.#ensureAddresses(network, namespace, device, before);
    return { networkId: network.networkId, namespace, pid: await this.#ensureServer(network, namespace, device) };
  }

  async removeNetwork(networkId: string): Promise<void> {
    const namespace = dhcpNamespace(checkedName(networkId));
    this.#filters.delete(namespace);
    const pid = await this.#pid(networkId);
    if (pid !== undefined) await endProcess(pid);
    if (namespaceExists(namespace)) {
      await this.#dropOtherDevices(namespace, await this.#host.links(namespace), undefined);
      await removeNamespace(namespace);
    }
    await rm(this.#folder(networkId), { recursive: true, force: true });
  }

  async report(): Promise<DhcpReport[]> {
    const own = (await ownNamespaces(this.#host)).filter(({ kind }) => kind === 'dhcp');
    return Promise.all(
      own.map(async ({ name, id }) => ({ networkId: id, namespace: name, pid: (await this.#pid(id)) ?? null })),
    );
  }

  /** Devices of earlier ports of this network. Their outer ends go with them. */
  async #dropOtherDevices(namespace: string, links: readonly Link[], keep: string | undefined): Promise<void> {
    const gone = links.filter((link) => link.ifname.startsWith('ns-') && link.ifname !== keep);
    await this.#host.deleteLinks(
      gone.map((link) => link.ifname),
      namespace,
    );
  }

  async #ensureFilter(network: DhcpNetwork, namespace: string): Promise<void> {
    const text = dhcpFilter(this.#host.marks.table, network);
    const isThere = (await this.#host.ownTables(namespace)).length > 0;
    if (isThere && this.#filters.get(namespace) === text) return;
    await this.#host.nft(text, namespace);
    this.#filters.set(namespace, text);
  }

  async #ensureAddresses(
    network: DhcpNetwork,
    namespace: string,
    device: string,
    before: readonly Link[],
  ): Promise<void> {
    const current = before.find((link) => link.ifname === device);
    const wanted = network.subnets.map((subnet) => `${subnet.serverIp}/${subnet.cidr.split('/')[1]}`);
    if (network.subnets.some((subnet) => subnet.isolated)) wanted.push(`${METADATA_IP}/32`);
    await this.#host.ipBatch(addressLines(device, current, wanted), namespace);
    const gateway = network.subnets.find(
      (subnet) => subnet.gatewayIp && subnet.gatewayIp !== subnet.serverIp,
    )?.gatewayIp;
    const [route] = await this.#host.ipJson<{ gateway?: string }>(['route', 'show', 'default'], namespace);
    if (gateway && route?.gateway !== gateway)
      await this.#host.ipBatch([`route replace default via ${gateway} dev ${device}`], namespace);
    if (!gateway && route) await this.#host.ipBatch(['route delete default'], namespace);
  }

  async #ensureServer(network: DhcpNetwork, namespace: string, device: string): Promise<number | null> {
    const folder = this.#folder(network.networkId);
    const user = this.#options.user ?? 'dnsmasq';
    const group = await dnsmasqGroup(user);
    await this.#ensureFolder(folder, group);
    const files = dnsmasqFiles(network, {
      folder,
      device,
      upstreams: this.#options.upstreams,
      user,
      group: group.name,
    });
    const changed: string[] = [];
    for (const [name, text] of Object.entries(files))
      if ((await readIfThere(join(folder, name))) !== text) changed.push(name);
    const stale = await staleLeases(join(folder, 'leases'), network);
    const pid = await this.#pid(network.networkId);
    if (pid !== undefined && changed.length === 0 && !stale) return pid;
    // Started anew, in some 30 ms, for every change: dnsmasq 2.90 (Debian 12, Ubuntu 24.04) frees its hosts wrongly and
    // crashes when it reads them again on SIGHUP. Ended before its files change, so that one that runs always has read them.
    if (pid !== undefined) await endProcess(pid);
    for (const [name, text] of Object.entries(files)) if (changed.includes(name)) await write(join(folder, name), text);
    if (stale) await write(join(folder, 'leases'), stale.kept);
    await this.#host.exec('dnsmasq', [this.#argument(network.networkId)], { namespace });
    return (await this.#pid(network.networkId)) ?? null;
  }

  /** One from before is closed too. */
  async #ensureFolder(folder: string, { gid }: Group): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o711 });
    await chmod(dirname(folder), 0o711);
    await chown(folder, -1, gid);
    await chmod(folder, 0o750);
  }

  #folder(networkId: string): string {
    return join(this.#options.runDir, 'dhcp', networkId);
  }

  #argument(networkId: string): string {
    return `--conf-file=${join(this.#folder(networkId), 'dnsmasq.conf')}`;
  }

  #pid(networkId: string): Promise<number | undefined> {
    return runningPid(join(this.#folder(networkId), 'pid'), this.#argument(networkId));
  }
}

/**
 * Leases of addresses that now belong to another port. dnsmasq would keep such an address for its old client until the
 * lease runs out, so it is restarted without them.
 */
async function staleLeases(file: string, network: DhcpNetwork): Promise<{ kept: string } | undefined> {
  const text = (await readIfThere(file)) ?? '';
  const owners = new Map(network.hosts.map((host) => [host.ip, host.mac.toLowerCase()]));
  const rows = text.split('\n').filter((row) => row !== '');
  const kept = rows.filter((row) => {
    const [, mac = '', ip = ''] = row.split(' ');
    const owner = owners.get(ip);
    return owner === undefined || owner === mac.toLowerCase();
  });
  return kept.length === rows.length ? undefined : { kept: kept.map((row) => `${row}\n`).join('') };
}

async function write(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o644 });
  await rename(`${path}.new`, path);
}
