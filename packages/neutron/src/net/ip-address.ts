import { isIP } from 'node:net';

/** Addresses as whole numbers, so that ranges can be reckoned with. */
export interface IpNumber {
  version: 4 | 6;
  value: bigint;
}

export interface Prefix {
  version: 4 | 6;
  length: number;
  /** The network's address and the last one, host bits masked. */
  first: bigint;
  last: bigint;
  /** Canonical text: `10.0.0.0/24`. */
  text: string;
  /** False when host bits were set in what was given. */
  isExact: boolean;
}

const BITS = { 4: 32, 6: 128 } as const;

/** Undefined when it is no address. */
export function parseIp(text: string): IpNumber | undefined {
  const version = isIP(text);
  if (version === 4) return { version: 4, value: groups(text.split('.').map(Number), 8n) };
  if (version !== 6 || text.includes('%')) return undefined;
  return { version: 6, value: parseIpv6(text) };
}

function parseIpv6(text: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const plain = dotted ? `${dotted[1]}${hexPair(dotted[2] as string)}` : text;
  const [head = '', tail] = plain.split('::', 2);
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - left.length - right.length }, () => '0');
  return groups(
    [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16)),
    16n,
  );
}

function hexPair(dotted: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number);
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

function groups(parts: readonly number[], bits: bigint): bigint {
  return parts.reduce((sum, part) => (sum << bits) | BigInt(part), 0n);
}

/** Canonical text; IPv6 as RFC 5952 has it. */
export function ipText({ version, value }: IpNumber): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  const parts = Array.from({ length: 8 }, (_, at) => ((value >> BigInt(112 - at * 16)) & 0xffffn).toString(16));
  const run = longestZeroRun(parts);
  if (run.length < 2) return parts.join(':');
  return `${parts.slice(0, run.start).join(':')}::${parts.slice(run.start + run.length).join(':')}`;
}

function longestZeroRun(parts: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < parts.length; start += 1) {
    let length = 0;
    while (parts[start + length] === '0') length += 1;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/** Hexadecimal digits of one length per family: texts that sort as the addresses do. */
export function ipKey({ version, value }: IpNumber): string {
  return value.toString(16).padStart(version === 4 ? 8 : 32, '0');
}

/** Undefined when it is no prefix. An address alone is the prefix of it alone. */
export function parsePrefix(text: string): Prefix | undefined {
  const [address = '', lengthText] = text.split('/', 2);
  const number = parseIp(address);
  if (!number || text.split('/').length > 2) return undefined;
  const bits = BITS[number.version];
  if (lengthText !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(lengthText)) return undefined;
  const length = lengthText === undefined ? bits : Number(lengthText);
  if (length > bits) return undefined;
  const hostBits = BigInt(bits - length);
  const first = (number.value >> hostBits) << hostBits;
  const last = first + (1n << hostBits) - 1n;
  const { version } = number;
  return {
    version,
    length,
    first,
    last,
    text: `${ipText({ version, value: first })}/${length}`,
    isExact: first === number.value,
  };
}

export function contains(prefix: Prefix, address: IpNumber): boolean {
  return address.version === prefix.version && address.value >= prefix.first && address.value <= prefix.last;
}

export function overlaps(a: Prefix, b: Prefix): boolean {
  return a.version === b.version && a.first <= b.last && b.first <= a.last;
}

/** First and last address that a host may have: IPv4 keeps the network's and the broadcast address, IPv6 the first. */
export function hostRange(prefix: Prefix): { first: bigint; last: bigint } {
  const size = prefix.last - prefix.first + 1n;
  if (size <= 2n) return { first: prefix.first, last: prefix.last };
  return { first: prefix.first + 1n, last: prefix.version === 4 ? prefix.last - 1n : prefix.last };
}

/** The address that a host with this MAC gives itself in a /64 (modified EUI-64). */
export function slaacAddress(prefix: Prefix, mac: string): string {
  const octets = mac.split(':').map((octet) => Number.parseInt(octet, 16));
  const id = [(octets[0] as number) ^ 2, octets[1], octets[2], 0xff, 0xfe, octets[3], octets[4], octets[5]] as number[];
  return ipText({ version: 6, value: prefix.first + groups(id, 8n) });
}
