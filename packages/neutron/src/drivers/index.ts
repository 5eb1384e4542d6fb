export type { AuditDriver, OwnedThings } from './audit/driver.ts';
export { FakeAuditDriver } from './audit/fake.ts';
export { HostAuditDriver } from './audit/host-audit.ts';
export { DnsmasqDhcpDriver, type DnsmasqOptions } from './dhcp/dnsmasq.ts';
export type { DhcpDriver, DhcpHost, DhcpNetwork, DhcpReport, DhcpSubnet } from './dhcp/driver.ts';
export { FakeDhcpDriver } from './dhcp/fake.ts';
export type { ExternalBridge, ExternalDriver } from './external/driver.ts';
export { HostExternalDriver } from './external/external-bridge.ts';
export { FakeExternalDriver } from './external/fake.ts';
export type {
  FirewallDriver,
  FirewallGroup,
  FirewallNetwork,
  FirewallPort,
  FirewallReport,
  FirewallRule,
  FirewallState,
} from './firewall/driver.ts';
export { FakeFirewallDriver } from './firewall/fake.ts';
export { firewallNetwork } from './firewall/firewall-network.ts';
export { NftablesFirewallDriver } from './firewall/nftables.ts';
export {
  bridgeName,
  bridgeOf,
  dhcpNamespace,
  gatewayDeviceName,
  type NetworkSegment,
  routerDeviceName,
  routerNamespace,
  tapName,
} from './host/marks.ts';
export { requireNetAdmin } from './host/net-admin.ts';
export { NetHost, type NetHostOptions } from './host/net-host.ts';
export type { NamespacePort } from './host/veth.ts';
export type { L2Driver, L2Network, L2Port, L2Report, L2State } from './l2/driver.ts';
export { FakeL2Driver } from './l2/fake.ts';
export type { LinuxBridgeOptions } from './l2/link-plan.ts';
export { LinuxBridgeL2Driver } from './l2/linux-bridge.ts';
export type { FloatingIp, L3Driver, Router, RouterGateway, RouterPort, RouterReport } from './l3/driver.ts';
export { FakeL3Driver } from './l3/fake.ts';
export { NamespaceL3Driver } from './l3/router-namespace.ts';
export type {
  MetadataDriver,
  MetadataHandler,
  MetadataPlace,
  MetadataReply,
  MetadataRequest,
} from './metadata/driver.ts';
export { FakeMetadataDriver } from './metadata/fake.ts';
export { instanceHeaders } from './metadata/forwarding-headers.ts';
export { MetadataProxy } from './metadata/metadata-proxy.ts';
export { listenInNamespace } from './metadata/namespace-listener.ts';
