import { DriverError } from '@kumo/core/errors';
import { checkedCidr, checkedInteger, checkedName } from '../host/checked-values.ts';
import type { FirewallRule } from './driver.ts';

/** Neutron's protocol names (IANA's numbers). */
const PROTOCOLS: Readonly<Record<string, number>> = {
  hopopt: 0,
  icmp: 1,
  igmp: 2,
  ipip: 4,
  tcp: 6,
  egp: 8,
  udp: 17,
  dccp: 33,
  'ipv6-encap': 41,
  'ipv6-route': 43,
  'ipv6-frag': 44,
  rsvp: 46,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  'ipv6-icmp': 58,
  'ipv6-nonxt': 59,
  'ipv6-opts': 60,
  ospf: 89,
  vrrp: 112,
  pgm: 113,
  sctp: 132,
  udplite: 136,
};

const WITH_PORTS = new Set([6, 17, 33, 132, 136]);

/** Names of the two sets that hold a remote group's members. */
export const groupSetName = (groupId: string, family: 'ipv4' | 'ipv6'): string =>
  `${family === 'ipv4' ? 'g4' : 'g6'}_${checkedName(groupId).replaceAll('-', '')}`;

/** One rule as the nft rule that accepts what it allows. */
export function ruleText(rule: FirewallRule): string {
  const ipv4 = rule.ethertype === 'IPv4';
  const parts = [`ether type ${ipv4 ? 'ip' : 'ip6'}`];
  const address = `${ipv4 ? 'ip' : 'ip6'} ${rule.direction === 'ingress' ? 'saddr' : 'daddr'}`;
  const prefix = rule.remoteIpPrefix ? checkedCidr(rule.remoteIpPrefix) : undefined;
  if (prefix?.includes(':') === ipv4) throw new DriverError(`Remote prefix ${prefix} does not fit ${rule.ethertype}.`);
  if (prefix && !prefix.endsWith('/0')) parts.push(`${address} ${prefix}`);
  if (rule.remoteGroupId) parts.push(`${address} @${groupSetName(rule.remoteGroupId, ipv4 ? 'ipv4' : 'ipv6')}`);
  parts.push(...protocolParts(rule, ipv4), 'accept');
  return parts.join(' ');
}

function protocolParts(rule: FirewallRule, ipv4: boolean): string[] {
  if (rule.protocol === undefined || rule.protocol === null || rule.protocol === 'any') return [];
  const named = PROTOCOLS[rule.protocol.toLowerCase()];
  let number = named ?? checkedInteger(/^\d+$/.test(rule.protocol) ? Number(rule.protocol) : Number.NaN, 0, 255);
  // Neutron takes `icmp` for both families.
  if (number === 1 && !ipv4) number = 58;
  const { portRangeMin: min, portRangeMax: max } = rule;
  if (number === 1 || number === 58) return icmpParts(number === 1 ? 'icmp' : 'icmpv6', min, max);
  const parts = [`meta l4proto ${number}`];
  if (!WITH_PORTS.has(number) || (min === undefined && max === undefined) || (min === null && max === null))
    return parts;
  const first = checkedInteger(min ?? max ?? 0, 0, 65_535);
  const last = checkedInteger(max ?? first, first, 65_535);
  return [...parts, first === last ? `th dport ${first}` : `th dport ${first}-${last}`];
}

function icmpParts(
  name: 'icmp' | 'icmpv6',
  type: number | null | undefined,
  code: number | null | undefined,
): string[] {
  if (type === undefined || type === null) return [`meta l4proto ${name === 'icmp' ? 1 : 58}`];
  const parts = [`${name} type ${checkedInteger(type, 0, 255)}`];
  return code === undefined || code === null ? parts : [...parts, `${name} code ${checkedInteger(code, 0, 255)}`];
}
