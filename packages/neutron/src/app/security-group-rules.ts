import type { SecurityGroupRule } from '../db/records.ts';
import {
  invalidCidr,
  ruleInvalidIcmp,
  ruleInvalidProtocol,
  ruleInvalidRange,
  ruleMissingIcmpType,
  rulePrefixMismatch,
  ruleProtocolMismatch,
  ruleRangeForProtocol,
  ruleRangeWithoutProtocol,
  ruleRemoteBoth,
} from '../errors.ts';
import { parsePrefix } from '../net/ip-address.ts';

export interface NewRule {
  securityGroupId: string;
  direction: 'ingress' | 'egress';
  ethertype?: string;
  protocol?: string | number | null;
  portRangeMin?: number | string | null;
  portRangeMax?: number | string | null;
  remoteIpPrefix?: string | null;
  remoteGroupId?: string | null;
  description?: string;
}

/** Protocols that have a name, with IANA's number. */
const PROTOCOLS: Readonly<Record<string, number>> = {
  ah: 51,
  dccp: 33,
  egp: 8,
  esp: 50,
  gre: 47,
  icmp: 1,
  icmpv6: 58,
  igmp: 2,
  ipip: 4,
  'ipv6-encap': 41,
  'ipv6-frag': 44,
  'ipv6-icmp': 58,
  'ipv6-nonxt': 59,
  'ipv6-opts': 60,
  'ipv6-route': 43,
  ospf: 89,
  pgm: 113,
  rsvp: 46,
  sctp: 132,
  tcp: 6,
  udp: 17,
  udplite: 136,
  vrrp: 112,
};
const WITH_PORTS = new Set([6, 17, 33, 132, 136]);
const IPV6_ONLY = new Set(['icmpv6', 'ipv6-icmp', 'ipv6-encap', 'ipv6-frag', 'ipv6-nonxt', 'ipv6-opts', 'ipv6-route']);

type Canonical = Pick<
  SecurityGroupRule,
  'direction' | 'ethertype' | 'protocol' | 'portRangeMin' | 'portRangeMax' | 'remoteIpPrefix' | 'remoteGroupId'
>;

/** The rule in the form in which it is kept. @throws what does not go together. */
export function canonicalRule(wanted: NewRule): Canonical {
  const ethertype = /^ipv6$/i.test(wanted.ethertype ?? 'IPv4') ? 'IPv6' : 'IPv4';
  const protocol = protocolOf(wanted.protocol, ethertype);
  const [portRangeMin, portRangeMax] = [rangeEnd(wanted.portRangeMin), rangeEnd(wanted.portRangeMax)];
  checkRange(protocol, portRangeMin, portRangeMax);
  if (wanted.remoteIpPrefix && wanted.remoteGroupId) throw ruleRemoteBoth();
  return {
    direction: wanted.direction,
    ethertype,
    protocol,
    portRangeMin,
    portRangeMax,
    remoteIpPrefix: prefixOf(wanted.remoteIpPrefix, ethertype),
    remoteGroupId: wanted.remoteGroupId ?? null,
  };
}

/** -1 means "all", as older clients send it. */
function rangeEnd(value: number | string | null | undefined): number | null {
  if (value === null || value === undefined || Number(value) === -1) return null;
  return Number(value);
}

function protocolOf(value: string | number | null | undefined, ethertype: 'IPv4' | 'IPv6'): string | null {
  if (value === null || value === undefined || value === '') return null;
  const text = String(value).toLowerCase();
  if (text === 'any') return null;
  const isNumber = /^\d{1,3}$/.test(text) && Number(text) <= 255;
  if (!isNumber && !Object.hasOwn(PROTOCOLS, text)) {
    throw ruleInvalidProtocol({ protocol: text.slice(0, 64), values: Object.keys(PROTOCOLS).join(', ') });
  }
  if (ethertype === 'IPv4' && IPV6_ONLY.has(text)) throw ruleProtocolMismatch({ ethertype, protocol: text });
  // ICMP for IPv6 has a number of its own; under its common name that one is meant.
  return ethertype === 'IPv6' && (text === 'icmp' || text === 'icmpv6') ? 'ipv6-icmp' : text;
}

function checkRange(protocol: string | null, min: number | null, max: number | null): void {
  if (min === null && max === null) return;
  if (protocol === null) throw ruleRangeWithoutProtocol();
  const number = /^\d+$/.test(protocol) ? Number(protocol) : PROTOCOLS[protocol];
  if (number === 1 || number === 58) {
    checkIcmp(min, max);
    return;
  }
  if (number === undefined || !WITH_PORTS.has(number)) throw ruleRangeForProtocol({ protocol });
  if (min === null || max === null || min > max || min < 1)
    throw ruleInvalidRange({ min: min ?? 'none', max: max ?? 'none' });
}

function checkIcmp(type: number | null, code: number | null): void {
  if (type !== null && (type < 0 || type > 255))
    throw ruleInvalidIcmp({ field: 'type', attribute: 'port-range-min', value: type });
  if (code !== null && (code < 0 || code > 255))
    throw ruleInvalidIcmp({ field: 'code', attribute: 'port-range-max', value: code });
  if (type === null && code !== null) throw ruleMissingIcmpType({ value: code });
}

function prefixOf(text: string | null | undefined, ethertype: 'IPv4' | 'IPv6'): string | null {
  if (!text) return null;
  const prefix = parsePrefix(text);
  if (!prefix) throw invalidCidr({ cidr: text });
  if (prefix.version !== (ethertype === 'IPv4' ? 4 : 6)) throw rulePrefixMismatch({ ethertype, cidr: text });
  return prefix.text;
}
