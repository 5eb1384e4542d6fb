import { dhcpNamespace } from '../host/marks.ts';
import { dnsmasqFiles } from './dnsmasq-config.ts';
import type { DhcpDriver, DhcpNetwork, DhcpReport } from './driver.ts';

/** DHCP without processes: checks and remembers. */
export class FakeDhcpDriver implements DhcpDriver {
  readonly networks = new Map<string, DhcpNetwork>();

  async ensureNetwork(network: DhcpNetwork): Promise<DhcpReport> {
    dnsmasqFiles(network, { folder: '/nowhere', device: 'ns-fake', upstreams: [], user: 'nobody', group: 'nogroup' });
    this.networks.set(network.networkId, network);
    return reportOf(network.networkId);
  }

  async removeNetwork(networkId: string): Promise<void> {
    this.networks.delete(networkId);
  }

  async report(): Promise<DhcpReport[]> {
    return [...this.networks.keys()].map(reportOf);
  }
}

const reportOf = (networkId: string): DhcpReport => ({ networkId, namespace: dhcpNamespace(networkId), pid: 1 });
