import { DriverError } from '@kumo/core/errors';
import { bridgeOf, tapName } from '../host/marks.ts';
import type { L2Driver, L2Network, L2Port, L2Report, L2State } from './driver.ts';

/** The L2 driver without a kernel: remembers what it was told. */
export class FakeL2Driver implements L2Driver {
  readonly #physicalBridges: Readonly<Record<string, string>>;
  #networks = new Map<string, L2Network>();
  #ports = new Map<string, L2Port>();

  constructor(options: { physicalBridges: Readonly<Record<string, string>> }) {
    this.#physicalBridges = options.physicalBridges;
  }

  async sync(desired: L2State): Promise<L2Report> {
    for (const network of desired.networks) this.#check(network);
    this.#networks = new Map(desired.networks.map((network) => [network.networkId, network]));
    this.#ports = new Map(
      desired.ports.filter((port) => this.#networks.has(port.networkId)).map((port) => [port.portId, port]),
    );
    return this.report();
  }

  async ensurePort(network: L2Network, port: L2Port): Promise<{ tap: string; bridge: string }> {
    const bridge = this.#check(network);
    this.#networks.set(network.networkId, network);
    this.#ports.set(port.portId, port);
    return { tap: tapName(port.portId), bridge };
  }

  async removePort(portId: string): Promise<void> {
    this.#ports.delete(portId);
  }

  async report(): Promise<L2Report> {
    const bridge = (networkId: string) => {
      const network = this.#networks.get(networkId);
      return network ? bridgeOf(network, this.#physicalBridges) : null;
    };
    return {
      networks: [...this.#networks.values()]
        .filter((network) => network.type !== 'flat')
        .map(({ networkId }) => ({ networkId, bridge: bridge(networkId) ?? '' })),
      ports: [...this.#ports.values()].map(({ portId, networkId, mtu, adminUp }) => ({
        portId,
        tap: tapName(portId),
        bridge: bridge(networkId),
        mtu,
        adminUp,
        carrier: false,
      })),
    };
  }

  #check(network: L2Network): string {
    if (network.type === 'vxlan' && !network.segmentationId)
      throw new DriverError(`Network ${network.networkId} has no VNI.`);
    return bridgeOf(network, this.#physicalBridges);
  }
}
