import { isIPv4 } from 'node:net';
import { type IpNumber, ipKey, parseIp } from '../../net/ip-address.ts';
import { checkedIp, checkedMac } from '../host/checked-values.ts';
import { addressSet, linkLocalOf } from './address-set.ts';
import type { FirewallPort } from './driver.ts';

interface Addresses {
  ipv4: string[];
  ipv6: string[];
  /** IPv4 addresses that DHCP may have given, also those within a prefix above. */
  leased: string[];
}

/** What a guest says that it is not; the rest of the chain lets pass what it is. */
const NEVER = [
  // No guest is a DHCP server or a router of its network, whatever port it sends from.
  'udp dport { 68, 546 } drop',
  'udp sport 547 drop',
  'icmp type { redirect, router-advertisement } drop',
  'icmpv6 type { nd-router-advert, nd-redirect } drop',
];

/**
 * Packets in which more than the addresses of Ethernet and IP says who sends. A fragment shows this in part only, so they are
 * looked at again when they are whole (see `firewall-tables.ts`).
 */
export const NAMES_ITS_SENDER = ['meta l4proto icmpv6', 'udp dport { 67, 68, 546 }'];

/**
 * From the guest: only its own MAC with its own addresses, in Ethernet, ARP, IP, DHCP and neighbour discovery alike. A rule
 * that looks into a packet lets pass what is right and drops all else: one that is too short for it does not match.
 */
export function spoofRules(port: FirewallPort): string[] {
  const owners = addressesByMac(port);
  return [
    `ether saddr != { ${[...owners.keys()].join(', ')} } drop`,
    // Most of all packets, and nothing of what is looked into below.
    ...[...owners].flatMap(([mac, addresses]) => sourceRules(mac, addresses).map((rule) => `meta l4proto tcp ${rule}`)),
    ...NEVER,
    ...[...owners].flatMap(([mac, addresses]) => [...dhcpRules(mac, addresses), ...discoveryRules(mac, addresses)]),
    'udp dport { 67, 547 } drop',
    'icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } drop',
    // Before it has an address.
    'ip6 saddr :: icmpv6 type { mld-listener-report, mld2-listener-report } return',
    ...[...owners].flatMap(([mac, addresses]) => [...arpRules(mac, addresses), ...sourceRules(mac, addresses)]),
    'drop',
  ];
}

/** Messages of DHCPv6 that a client sends (RFC 8415): no server's, and none that a relay wrapped. */
const CLIENT_MESSAGES = '{ 1, 3, 4, 5, 6, 8, 9, 11 }';

/**
 * A request straight from the client: `op` 1, `htype` 1, `hlen` 6, `hops` 0, no relay in `giaddr`, its own MAC in `chaddr`,
 * its own address or none in `ciaddr`. With another's in there the server would take it for the other, and end its lease.
 */
function dhcpRules(mac: string, { ipv4, ipv6, leased }: Addresses): string[] {
  const client = `@th,64,32 0x01010600 @th,160,32 { ${['0x0', ...leased.map(addressHex)].join(', ')} } @th,256,80 ${macHex(mac)}`;
  const from = `ip saddr { ${['0.0.0.0', ...ipv4].join(', ')} }`;
  return [
    `ether saddr ${mac} ${from} udp sport 68 udp dport 67 ${client} return`,
    `ether saddr ${mac} ip6 saddr { ${ipv6.join(', ')} } udp sport 546 udp dport 547 @th,64,8 ${CLIENT_MESSAGES} return`,
  ];
}

/**
 * The address that a probe for duplicates asks for, or an advertisement claims, stands in the 16 bytes after ICMPv6's first 8;
 * behind it, if anything, the link-layer address of who sends. Asking for another's without an address of its own would make
 * that one give it up; a nonce may stand behind it (RFC 7527). The exact length leaves room for no second option.
 */
function discoveryRules(mac: string, { ipv6 }: Addresses): string[] {
  const [solicit, advert, routers] = ['nd-neighbor-solicit', 'nd-neighbor-advert', 'nd-router-solicit'].map(
    (type) => `ether saddr ${mac} icmpv6 type ${type}`,
  );
  const own = `ip6 saddr { ${ipv6.join(', ')} }`;
  const noOption = 'ip6 length 24';
  const option = (type: string) => `ip6 length 32 @th,192,64 0x${type}01${macHex(mac).slice(2)}`;
  return [
    ...ipv6.flatMap((address) => [
      `${solicit} ip6 saddr :: ${targetIs(address)} ${noOption} return`,
      `${solicit} ip6 saddr :: ${targetIs(address)} ip6 length 32 @th,192,16 0x0e01 return`,
    ]),
    `${solicit} ${own} ${noOption} return`,
    `${solicit} ${own} ${option('01')} return`,
    ...ipv6.flatMap((address) => [
      `${advert} ${own} ${targetIs(address)} ${noOption} return`,
      `${advert} ${own} ${targetIs(address)} ${option('02')} return`,
    ]),
    // Before it has an address it names no MAC.
    `${routers} ip6 saddr :: ip6 length 8 return`,
    `${routers} ${own} ip6 length 8 return`,
    `${routers} ${own} ip6 length 16 @th,64,64 0x0101${macHex(mac).slice(2)} return`,
  ];
}

/** A probe (no sender's address yet) for its own address only: one for another's would make that one give it up. */
function arpRules(mac: string, { ipv4 }: Addresses): string[] {
  if (ipv4.length === 0) return [];
  const own = ipv4.join(', ');
  const ethernet = 'arp htype 1 arp ptype ip arp hlen 6 arp plen 4';
  const sender = `${ethernet} ether saddr ${mac} arp saddr ether ${mac}`;
  return [
    `${sender} arp operation { request, reply } arp saddr ip { ${own} } return`,
    `${sender} arp operation request arp saddr ip 0.0.0.0 arp daddr ip { ${own} } return`,
  ];
}

function sourceRules(mac: string, { ipv4, ipv6 }: Addresses): string[] {
  return [
    ...(ipv4.length > 0 ? [`ether saddr ${mac} ip saddr { ${ipv4.join(', ')} } return`] : []),
    `ether saddr ${mac} ip6 saddr { ${ipv6.join(', ')} } return`,
  ];
}

function addressesByMac(port: FirewallPort): Map<string, Addresses> {
  const own = checkedMac(port.mac);
  const values = new Map<string, string[]>([[own, port.fixedIps.map(({ ip }) => ip)]]);
  for (const pair of port.allowedAddressPairs) {
    const mac = checkedMac(pair.mac ?? own);
    values.set(mac, [...(values.get(mac) ?? []), pair.ip]);
  }
  return new Map(
    [...values].map(([mac, ips]) => {
      const leased = [...new Set(ips.filter((ip) => isIPv4(ip)).map(checkedIp))];
      return [mac, { ...addressSet([...ips, linkLocalOf(mac)]), leased }];
    }),
  );
}

const macHex = (mac: string): string => `0x${mac.replaceAll(':', '')}`;

const addressHex = (address: string): string => `0x${ipKey(numberOf(address))}`;

/** The target of neighbour discovery is this address, or begins with this prefix. */
function targetIs(cidr: string): string {
  const [address = '', length = '128'] = cidr.split('/');
  const bits = Number(length);
  return `@th,64,${bits} 0x${(numberOf(address).value >> BigInt(128 - bits)).toString(16)}`;
}

/** Of an address that was checked before. */
const numberOf = (address: string): IpNumber => parseIp(address) as IpNumber;
