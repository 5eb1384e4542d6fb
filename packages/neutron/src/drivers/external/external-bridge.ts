import { createHash } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { DriverError } from '@kumo/core/errors';
import { checkedCidr, checkedInteger, checkedInterface } from '../host/checked-values.ts';
import { isUp, type NetHost } from '../host/net-host.ts';
import { addressLines } from '../host/veth.ts';
import type { ExternalBridge, ExternalDriver } from './driver.ts';

/** A Linux bridge with the host's address, and a table `ip kumo_<cloud>` that masquerades what leaves by other ways. */
export class HostExternalDriver implements ExternalDriver {
  readonly #host: NetHost;

  constructor(host: NetHost) {
    this.#host = host;
  }

  async ensure(desired: ExternalBridge): Promise<void> {
    const bridge = checkedInterface(desired.bridge);
    const cidr = checkedCidr(desired.cidr);
    const mtu = checkedInteger(desired.mtu ?? 1500, 68, 65_535);
    const alias = this.#host.marks.alias('external', bridge);
    const link = (await this.#host.addresses()).find((candidate) => candidate.ifname === bridge);
    if (link && link.ifalias !== alias) {
      throw new DriverError(
        `Bridge ${bridge} already exists and is not this cloud's: give it to the network as a physical bridge instead.`,
      );
    }
    const lines: string[] = [];
    if (!link) {
      lines.push(
        `link add name ${bridge} mtu ${mtu} address ${fixedMac(alias)} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
      );
      lines.push(`link set dev ${bridge} alias ${alias}`);
    } else if (link.mtu !== mtu) lines.push(`link set dev ${bridge} mtu ${mtu}`);
    lines.push(...addressLines(bridge, link, [cidr]));
    if (!link || !isUp(link)) lines.push(`link set dev ${bridge} up`);
    await this.#host.ipBatch(lines);
    await (desired.nat ? this.#ensureNat(bridge, cidr) : this.#removeNat());
  }

  async remove(bridge: string): Promise<void> {
    const link = (await this.#host.links()).find((candidate) => candidate.ifname === bridge);
    if (this.#host.marks.read(link?.ifalias)?.kind === 'external')
      await this.#host.ipBatch([`link delete dev ${bridge}`]);
    await this.#removeNat();
  }

  async #ensureNat(bridge: string, cidr: string): Promise<void> {
    const [address = ''] = cidr.split('/');
    if (!isIPv4(address)) throw new DriverError(`Masquerading needs an IPv4 prefix, not ${cidr}.`);
    const { stdout } = await this.#host.exec('sysctl', ['-n', 'net.ipv4.ip_forward']);
    if (stdout.trim() !== '1') await this.#host.exec('sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
    const table = `ip ${this.#host.marks.table}`;
    // Only what the host routes from the bridge: br_netfilter shows this hook also what passes within tenants' bridges.
    await this.#host.nft(`add table ${table}
delete table ${table}
table ${table} {
  chain postrouting {
    type nat hook postrouting priority srcnat
    iifname "${bridge}" ip saddr ${cidr} oifname != "${bridge}" masquerade
  }
}
`);
  }

  async #removeNat(): Promise<void> {
    const table = `ip ${this.#host.marks.table}`;
    // Only what the host routes from the bridge: br_netfilter shows this hook also what passes within tenants' bridges.
    if ((await this.#host.ownTables()).includes(table)) await this.#host.nft(`delete table ${table}\n`);
  }
}

/** A bridge without an address of its own takes that of its lowest port, and changes it under its neighbours' feet. */
function fixedMac(seed: string): string {
  const digest = createHash('sha256').update(seed).digest('hex');
  return `02:${digest.slice(0, 10).match(/../g)?.join(':')}`;
}
