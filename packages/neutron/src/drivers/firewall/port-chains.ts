import { checkedMac } from '../host/checked-values.ts';
import { addressSet, linkLocalOf } from './address-set.ts';
import type { FirewallPort } from './driver.ts';
import { ruleText } from './rule-text.ts';

/** The rules of one port's three chains. `spoof` returns what may pass on, the two others accept it. */
export interface PortChains {
  spoof: string[];
  egress: string[];
  ingress: string[];
}

export function portChains(port: FirewallPort): PortChains {
  return { spoof: spoofRules(port), egress: egressRules(port), ingress: ingressRules(port) };
}

/** From the guest: only its own MAC with its own addresses, in Ethernet, ARP, IP and neighbour discovery alike. */
function spoofRules(port: FirewallPort): string[] {
  const owners = addressesByMac(port);
  const rules = [
    `ether saddr != { ${[...owners.keys()].join(', ')} } drop`,
    // No guest is a DHCP server or a router of its network.
    'udp sport 67 udp dport 68 drop',
    'udp sport 547 udp dport 546 drop',
    'icmpv6 type { nd-router-advert, nd-redirect } drop',
    // Before it has an address: DHCP's discovery, address probes, duplicate address detection, multicast listeners.
    'ip saddr 0.0.0.0 udp sport 68 udp dport 67 return',
    'ip6 saddr :: icmpv6 type { nd-neighbor-solicit, nd-router-solicit, mld-listener-report, mld2-listener-report } return',
  ];
  for (const [mac, { ipv4, ipv6 }] of owners) {
    rules.push(`arp saddr ether ${mac} ether saddr ${mac} arp saddr ip { ${['0.0.0.0', ...ipv4].join(', ')} } return`);
    if (ipv4.length > 0) rules.push(`ether saddr ${mac} ip saddr { ${ipv4.join(', ')} } return`);
    // The address that an advertisement claims stands in the 16 bytes after ICMPv6's first 8; prefixes cannot be matched there.
    const claims = ipv6
      .filter((address) => !address.includes('/'))
      .map(hexOf)
      .join(', ');
    if (!ipv6.some((address) => address.includes('/'))) {
      rules.push(`ether saddr ${mac} icmpv6 type nd-neighbor-advert @th,64,128 != { ${claims} } drop`);
    }
    rules.push(`ether saddr ${mac} ip6 saddr { ${ipv6.join(', ')} } return`);
  }
  return [...rules, 'drop'];
}

function egressRules(port: FirewallPort): string[] {
  return [
    'ether type arp accept',
    'ether type ip udp sport 68 udp dport 67 accept',
    'ether type ip6 udp sport 546 udp dport 547 accept',
    'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept',
    'icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report } accept',
    ...uniqueRules(port, 'egress'),
    'drop',
  ];
}

function ingressRules(port: FirewallPort): string[] {
  const { ipv4 } = addressSet(port.fixedIps.map(({ ip }) => ip));
  return [
    'ether type arp accept',
    `ip daddr { ${['255.255.255.255', ...ipv4].join(', ')} } udp sport 67 udp dport 68 accept`,
    'ether type ip6 udp sport 547 udp dport 546 accept',
    'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, mld-listener-query } accept',
    ...uniqueRules(port, 'ingress'),
    'drop',
  ];
}

function uniqueRules(port: FirewallPort, direction: 'ingress' | 'egress'): string[] {
  return [...new Set(port.rules.filter((rule) => rule.direction === direction).map(ruleText))];
}

function addressesByMac(port: FirewallPort): Map<string, { ipv4: string[]; ipv6: string[] }> {
  const own = checkedMac(port.mac);
  const values = new Map<string, string[]>([[own, port.fixedIps.map(({ ip }) => ip)]]);
  for (const pair of port.allowedAddressPairs) {
    const mac = checkedMac(pair.mac ?? own);
    values.set(mac, [...(values.get(mac) ?? []), pair.ip]);
  }
  return new Map([...values].map(([mac, ips]) => [mac, addressSet([...ips, linkLocalOf(mac)])]));
}

/** An IPv6 address as one 128-bit number. */
function hexOf(address: string): string {
  const { hostname } = new URL(`http://[${address}]`);
  const [head = '', tail] = hostname.slice(1, -1).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return `0x${[...left, ...middle, ...right].map((group) => group.padStart(4, '0')).join('')}`;
}
