import { addressSet } from './address-set.ts';
import type { FirewallPort } from './driver.ts';
import { ruleText } from './rule-text.ts';
import { spoofRules } from './spoof-rules.ts';

/** The rules of one port's three chains. `spoof` returns what may pass on, the two others accept it. */
export interface PortChains {
  spoof: string[];
  egress: string[];
  ingress: string[];
}

export function portChains(port: FirewallPort): PortChains {
  return { spoof: spoofRules(port), egress: egressRules(port), ingress: ingressRules(port) };
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
