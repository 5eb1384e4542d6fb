/** Ethernet frames as hex, for tests that send what no kernel would. */
const mac = (text: string) => text.replaceAll(':', '');
const hex = (value: number, bytes: number) => value.toString(16).padStart(bytes * 2, '0');
const ip4 = (text: string) =>
  text
    .split('.')
    .map((part) => hex(Number(part), 1))
    .join('');

export function ip6(text: string): string {
  const [head = '', tail = ''] = text.split('::');
  const [left, right] = [head, tail].map((part) => part.split(':').filter((group) => group !== ''));
  const middle = Array.from({ length: 8 - left!.length - right!.length }, () => '0');
  return [...left!, ...middle, ...right!].map((group) => group.padStart(4, '0')).join('');
}

/** The Internet checksum over hex. */
function checksum(data: string): number {
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) sum += Number.parseInt(data.slice(at, at + 4).padEnd(4, '0'), 16);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export const ethernet = (from: string, to: string, type: string, payload: string): string =>
  `${mac(to)}${mac(from)}${type}${payload}`;

export interface Arp {
  operation?: number;
  senderMac: string;
  senderIp: string;
  targetIp: string;
  /** Hardware address length as it is written; the addresses stay as they are. */
  hlen?: number;
}

export const arp = ({ operation = 1, senderMac, senderIp, targetIp, hlen = 6 }: Arp): string =>
  `00010800${hex(hlen, 1)}04${hex(operation, 2)}${mac(senderMac)}${ip4(senderIp)}000000000000${ip4(targetIp)}`;

/** An IPv4 packet; `fragment` is the header's field of flags and offset. */
export function ipv4(from: string, to: string, protocol: number, payload: string, fragment = 0): string {
  const head = (sum: number) =>
    `4500${hex(20 + payload.length / 2, 2)}1234${hex(fragment, 2)}40${hex(protocol, 1)}${hex(sum, 2)}${ip4(from)}${ip4(to)}`;
  return head(checksum(head(0))) + payload;
}

/** Checksum 0: none. */
export const udp = (from: number, to: number, payload: string): string =>
  `${hex(from, 2)}${hex(to, 2)}${hex(8 + payload.length / 2, 2)}0000${payload}`;

export interface Dhcp {
  type: number;
  chaddr: string;
  op?: number;
  htype?: number;
  hlen?: number;
  hops?: number;
  ciaddr?: string;
  giaddr?: string;
  /** Further options, as hex. */
  options?: string;
}

export function dhcp(message: Dhcp): string {
  const { type, chaddr, op = 1, htype = 1, hlen = 6, hops = 0, ciaddr = '0.0.0.0', giaddr = '0.0.0.0' } = message;
  const head = [op, htype, hlen, hops].map((value) => hex(value, 1)).join('');
  const addresses = `${ip4(ciaddr)}0000000000000000${ip4(giaddr)}${mac(chaddr).padEnd(32, '0')}`;
  return `${head}1122334400000000${addresses}${'00'.repeat(192)}63825363${`3501${hex(type, 1)}`}${message.options ?? ''}ff`;
}

export const dhcpOption = (code: number, value: string): string => `${hex(code, 1)}${hex(value.length / 2, 1)}${value}`;
export const addressOption = (code: number, address: string): string => dhcpOption(code, ip4(address));
export const clientId = (address: string): string => dhcpOption(61, `01${mac(address)}`);

export const ipv6 = (from: string, to: string, nextHeader: number, payload: string): string =>
  `60000000${hex(payload.length / 2, 2)}${hex(nextHeader, 1)}ff${ip6(from)}${ip6(to)}${payload}`;

/** Neighbour discovery's body with its checksum. */
export function icmp6(from: string, to: string, body: string): string {
  const pseudo = `${ip6(from)}${ip6(to)}${hex(body.length / 2, 4)}0000003a`;
  return body.slice(0, 4) + hex(checksum(pseudo + body), 2) + body.slice(8);
}

export const solicit = (target: string, options = ''): string => `870000000000000${'0'}${ip6(target)}${options}`;
export const advert = (target: string, options = ''): string => `8800000020000000${ip6(target)}${options}`;
export const linkLayer = (type: 1 | 2, address: string): string => `0${type}01${mac(address)}`;

/** IPv6 in two fragments, the first of which is `firstBytes` long; what is cut begins with the header numbered `nextHeader`. */
export function fragments6(
  from: string,
  to: string,
  nextHeader: number,
  payload: string,
  firstBytes: number,
): string[] {
  const part = (offset: number, more: number, data: string) =>
    ipv6(from, to, 44, `${hex(nextHeader, 1)}00${hex(offset | more, 2)}0badcafe${data}`);
  return [part(0, 1, payload.slice(0, firstBytes * 2)), part(firstBytes, 0, payload.slice(firstBytes * 2))];
}
