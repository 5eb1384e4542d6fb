import { isIPv4 } from 'node:net';
import { checkedIp } from '../host/checked-values.ts';
import { gatewayDeviceName } from '../host/marks.ts';
import type { Router } from './driver.ts';

/**
 * The router's nftables table as one transaction that replaces it. Tracked connections keep their translation.
 * A guest that reaches another's floating IP from inside comes from its own floating IP (or the gateway's address),
 * as if it came from outside; else the answer would go past the router.
 */
export function routerTable(table: string, router: Router): string {
  const { gateway } = router;
  const outside = gateway ? `"${gatewayDeviceName(gateway.portId)}"` : undefined;
  const floating = gateway
    ? router.floatingIps.map((f) => ({ out: checkedIp(f.floatingIp), fixed: checkedIp(f.fixedIp) }))
    : [];
  const address = gateway?.addresses.map((cidr) => cidr.split('/')[0] ?? '').find((ip) => isIPv4(ip));
  const destinations = floating.map(({ out, fixed }) => `ip daddr ${out} dnat ip to ${fixed}`);
  const sources = floating.map(({ out, fixed }) => `ip saddr ${fixed} snat ip to ${out}`);
  const shared = address ? [`snat ip to ${checkedIp(address)}`] : [];
  const leaving = outside
    ? [
        ...sources.map((rule) => `oifname ${outside} ${rule}`),
        ...(gateway?.enableSnat
          ? shared.map((rule) => `oifname ${outside} meta nfproto ipv4 ct status and dnat != dnat ${rule}`)
          : []),
      ]
    : [];
  const hairpin = outside
    ? [...sources, ...shared].map(
        (rule) => `iifname != ${outside} oifname != ${outside} meta nfproto ipv4 ct status and dnat == dnat ${rule}`,
      )
    : [];
  const chains = [
    chain('prerouting', 'type nat hook prerouting priority dstnat', destinations),
    chain('output', 'type nat hook output priority -100', destinations),
    chain('postrouting', 'type nat hook postrouting priority srcnat', [...hairpin, ...leaving]),
    chain('forward', 'type filter hook forward priority 0', [
      ...(router.adminUp ? [] : ['drop']),
      // Link-local: metadata services of networks, each for its own.
      'ip daddr 169.254.0.0/16 drop',
      // Networks of different MTUs meet here; not everybody lets "fragmentation needed" through.
      'tcp flags syn tcp option maxseg size set rt mtu',
    ]),
    chain('input', 'type filter hook input priority 0', [
      'icmp type redirect drop',
      'ct state established,related accept',
      'iifname "lo" accept',
      // The metadata service is for the networks inside.
      ...(outside ? [`iifname ${outside} ip daddr 169.254.169.254 drop`] : []),
      'ip daddr 169.254.169.254 tcp dport 80 accept',
      'meta l4proto { icmp, ipv6-icmp } accept',
      'drop',
    ]),
  ];
  return `add table inet ${table}\ndelete table inet ${table}\ntable inet ${table} {\n${chains.join('')}}\n`;
}

function chain(name: string, hook: string, rules: readonly string[]): string {
  return `  chain ${name} {\n    ${hook}\n${rules.map((rule) => `    ${rule}\n`).join('')}  }\n`;
}
