import { mkdirSync, readFileSync } from 'node:fs';
import type { DaemonEnv } from '@kumo/core/daemon';
import type { NeutronConfig } from '../config.ts';
import {
  type DhcpDriver,
  DnsmasqDhcpDriver,
  type ExternalDriver,
  FakeDhcpDriver,
  FakeExternalDriver,
  FakeFirewallDriver,
  FakeL2Driver,
  FakeL3Driver,
  FakeMetadataDriver,
  type FirewallDriver,
  HostExternalDriver,
  type L2Driver,
  type L3Driver,
  LinuxBridgeL2Driver,
  type MetadataDriver,
  type MetadataHandler,
  MetadataProxy,
  NamespaceL3Driver,
  NetHost,
  NftablesFirewallDriver,
  requireNetAdmin,
} from '../drivers/index.ts';

/** The drivers that an agent may use; each is made when it is first asked for. */
export interface DataPlane {
  l2(): { l2: L2Driver; firewall: FirewallDriver; external: ExternalDriver };
  dhcp(): DhcpDriver;
  l3(): L3Driver;
  metadata(handler: MetadataHandler): MetadataDriver;
}

/** Where the DHCP servers' files are. */
export function runDirOf(config: NeutronConfig): string {
  return config.runDir ?? `/run/kumo-${config.cloudId}`;
}

/**
 * The configured data plane.
 * @throws DriverError whose sentence says what this host lacks, when it shall be a real one.
 */
export function dataPlane(env: DaemonEnv, config: NeutronConfig): DataPlane {
  const { physicalBridges } = config;
  if (config.dataplane === 'fake') {
    return {
      l2: () => ({
        l2: new FakeL2Driver({ physicalBridges }),
        firewall: new FakeFirewallDriver(),
        external: new FakeExternalDriver(),
      }),
      dhcp: () => new FakeDhcpDriver(),
      l3: () => new FakeL3Driver(),
      metadata: (handler) => new FakeMetadataDriver({ handler }),
    };
  }
  requireNetAdmin();
  const host = new NetHost({ cloudId: config.cloudId, netns: config.hostNamespace });
  return {
    l2: () => ({
      l2: new LinuxBridgeL2Driver(host, {
        physicalBridges,
        localIp: config.tunnelAddress ?? env.managementAddress,
        vxlanPort: config.vxlanPort,
        tapUser: existingUser(config.guestUser),
      }),
      firewall: new NftablesFirewallDriver(host, {
        localIp: config.tunnelAddress ?? env.managementAddress,
        vxlanPort: config.vxlanPort,
        guestPorts: config.external.guestPorts,
      }),
      external: new HostExternalDriver(host),
    }),
    dhcp: () => {
      const runDir = runDirOf(config);
      // dnsmasq reads its files as an unprivileged user.
      mkdirSync(runDir, { recursive: true, mode: 0o711 });
      return new DnsmasqDhcpDriver(host, { runDir, upstreams: config.dnsUpstreams });
    },
    l3: () => new NamespaceL3Driver(host),
    metadata: (handler) => new MetadataProxy({ handler, log: env.log }),
  };
}

/** The user when this host has it. */
function existingUser(name: string): string | undefined {
  const names = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':', 1)[0]);
  return names.includes(name) ? name : undefined;
}
