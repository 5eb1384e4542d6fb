import { bridgeOf, tapName } from '../host/marks.ts';
import { isUp, type Link, type NetHost } from '../host/net-host.ts';
import type { L2Driver, L2Network, L2Port, L2Report, L2State } from './driver.ts';
import { fdbLines } from './fdb-plan.ts';
import {
  goneLinks,
  isTunnelled,
  type LinuxBridgeOptions,
  networkLines,
  type PlanContext,
  portLines,
} from './link-plan.ts';

/** Linux bridges, VXLAN devices and taps, by `ip -batch` and `bridge -batch`. */
export class LinuxBridgeL2Driver implements L2Driver {
  readonly #host: NetHost;
  readonly #options: LinuxBridgeOptions;
  /** One change at a time: a plan is only right for the links that it was made from. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(host: NetHost, options: LinuxBridgeOptions) {
    this.#host = host;
    this.#options = options;
  }

  sync(desired: L2State): Promise<L2Report> {
    return this.#inTurn(async () => {
      const context = await this.#context();
      const networks = new Map(desired.networks.map((network) => [network.networkId, network]));
      const lines = desired.networks.flatMap((network) => networkLines(network, context));
      for (const port of desired.ports) {
        const network = networks.get(port.networkId);
        if (network) lines.push(...portLines(port, bridgeOf(network, this.#options.physicalBridges), context));
      }
      await this.#host.deleteLinks(goneLinks(desired, context));
      await this.#host.ipBatch(lines);
      if (desired.networks.some(isTunnelled)) {
        await this.#host.bridgeBatch(fdbLines(desired.networks, await this.#host.fdb()));
      }
      return this.report();
    });
  }

  ensurePort(network: L2Network, port: L2Port): Promise<{ tap: string; bridge: string }> {
    return this.#inTurn(async () => {
      const context = await this.#context();
      const bridge = bridgeOf(network, this.#options.physicalBridges);
      await this.#host.ipBatch([...networkLines(network, context), ...portLines(port, bridge, context)]);
      return { tap: tapName(port.portId), bridge };
    });
  }

  removePort(portId: string): Promise<void> {
    return this.#inTurn(async () => {
      const { links, marks } = await this.#context();
      const mark = marks.read(links.get(tapName(portId))?.ifalias);
      if (mark?.kind === 'port') await this.#host.deleteLinks([tapName(portId)]);
    });
  }

  async report(): Promise<L2Report> {
    const report: L2Report = { networks: [], ports: [] };
    for (const link of await this.#host.links()) {
      const mark = this.#host.marks.read(link.ifalias);
      if (mark?.kind === 'network') report.networks.push({ networkId: mark.id, bridge: link.ifname });
      if (mark?.kind === 'port') report.ports.push(portReport(mark.id, link));
    }
    return report;
  }

  async #context(): Promise<PlanContext> {
    const links = new Map((await this.#host.links()).map((link) => [link.ifname, link]));
    return { marks: this.#host.marks, options: this.#options, links };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

function portReport(portId: string, link: Link): L2Report['ports'][number] {
  return {
    portId,
    tap: link.ifname,
    bridge: link.master ?? null,
    mtu: link.mtu,
    adminUp: isUp(link),
    carrier: link.flags.includes('LOWER_UP'),
  };
}
