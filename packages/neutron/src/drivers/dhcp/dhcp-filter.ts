import { checkedCidr } from '../host/checked-values.ts';
import { METADATA_IP } from './dnsmasq-config.ts';
import type { DhcpNetwork } from './driver.ts';

/**
 * The table of a DHCP port's namespace, as one transaction that replaces it. Routers lead from other networks to the port: they
 * get no answer from its DNS, DHCP and metadata service, which are for its own subnets. Nor is it a way to anywhere.
 */
export function dhcpFilter(table: string, network: DhcpNetwork): string {
  const own = network.subnets.map(({ cidr }) => checkedCidr(cidr));
  const from = (more: readonly string[]) => `ip saddr { ${[...more, ...own].join(', ')} }`;
  const served =
    own.length === 0
      ? []
      : [
          `${from(['0.0.0.0'])} udp sport 68 udp dport 67 accept`,
          `${from([])} meta l4proto { tcp, udp } th dport 53 accept`,
          `${from([])} ip daddr ${METADATA_IP} tcp dport 80 accept`,
          `${from([])} icmp type echo-request accept`,
        ];
  const neighbours = 'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept';
  const input = ['icmp type redirect drop', 'ct state established,related accept', 'iifname "lo" accept', ...served];
  return `add table inet ${table}
delete table inet ${table}
table inet ${table} {
  chain input {
    type filter hook input priority 0; policy drop;
    ${[...input, neighbours].join('\n    ')}
  }
  chain forward {
    type filter hook forward priority 0; policy drop;
  }
}
`;
}
