import { randomUUID } from 'node:crypto';
import { run } from '@kumo/core/exec';
import { tapName } from '../../src/drivers/host/marks.ts';
import type { NetHost } from '../../src/drivers/host/net-host.ts';

/**
 * A guest without a hypervisor: a namespace whose `eth0` is the inner end of a veth that stands in for the tap, under
 * the tap's name, so that bridge and firewall treat it as one.
 */
export class GuestNamespace {
  readonly name: string;
  readonly portId: string;
  readonly mac: string;
  readonly ip: string;
  readonly #host: NetHost;

  constructor(host: NetHost, options: { mac: string; ip: string }) {
    this.#host = host;
    this.portId = randomUUID();
    this.name = `kt-g-${this.portId.slice(0, 8)}`;
    this.mac = options.mac;
    this.ip = options.ip;
  }

  /** Plugs the guest into a bridge; with an address, or without when DHCP shall give it one. */
  async plug(bridge: string, options: { prefix?: number; mtu?: number; gateway?: string } = {}): Promise<void> {
    const tap = tapName(this.portId);
    await run('ip', ['netns', 'add', this.name]);
    await this.#host.ipBatch([
      `link add name ${tap} mtu ${options.mtu ?? 1450} type veth peer name eth0 netns ${this.name}`,
      `link set dev ${tap} alias ${this.#host.marks.alias('port', this.portId)}`,
      `link set dev ${tap} master ${bridge}`,
      `link set dev ${tap} up`,
    ]);
    await this.#host.ipBatch(
      [
        'link set dev lo up',
        `link set dev eth0 address ${this.mac}`,
        `link set dev eth0 mtu ${options.mtu ?? 1450}`,
        'link set dev eth0 up',
        ...(options.prefix ? [`address add ${this.ip}/${options.prefix} dev eth0`] : []),
        ...(options.gateway ? [`route add default via ${options.gateway}`] : []),
      ],
      this.name,
    );
  }

  /** Runs a program in the guest; never fails by its exit code. */
  exec(program: string, args: readonly string[], timeoutMs = 10_000) {
    const okCodes = Array.from({ length: 256 }, (_, code) => code);
    return this.#host.exec(program, args, { namespace: this.name, okCodes, timeoutMs });
  }

  /** Whether one of two pings is answered within a second each. */
  async reaches(ip: string, more: readonly string[] = []): Promise<boolean> {
    return (await this.exec('ping', ['-n', '-c', '2', '-i', '0.2', '-W', '1', ...more, ip])).code === 0;
  }

  async remove(): Promise<void> {
    await run('ip', ['netns', 'delete', this.name], { okCodes: [0, 1] });
  }
}
