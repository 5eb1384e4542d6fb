import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { canonicalIp } from '../schema/index.ts';

/** More hops than that are nobody's proxies. */
const MOST_HOPS = 32;

/**
 * The proxies that are believed when they say for whom they ask, of addresses (`10.0.0.7`) and networks (`10.0.0.0/24`).
 * @throws Error naming the entry that is neither.
 */
export class TrustedProxies {
  readonly #known = new BlockList();

  constructor(entries: readonly string[]) {
    for (const entry of entries) this.#add(entry);
  }

  /**
   * Whose request it is: the peer's, or what a trusted peer says, and so on for as long as what is said is a trusted proxy
   * again. What somebody else wrote into the headers before is never looked at.
   * @param peer the socket's address.
   */
  clientOf(peer: string, headers: IncomingHttpHeaders): string {
    let client = plainAddress(peer);
    const hops = hopsOf(headers);
    while (hops.length > 0 && this.has(client)) {
      const next = addressIn(hops.pop() as string);
      if (next === undefined) break;
      client = next;
    }
    return client;
  }

  /** Whether an address is one of theirs. */
  has(address: string): boolean {
    return isIP(address) !== 0 && this.#known.check(address, familyOf(address));
  }

  #add(entry: string): void {
    const [address = '', prefix, ...rest] = entry.split('/');
    const isNumber = prefix === undefined || /^\d{1,3}$/.test(prefix);
    const most = isIPv6(address) ? 128 : 32;
    if (isIP(address) === 0 || !isNumber || Number(prefix ?? 0) > most || rest.length > 0)
      throw new Error(`trustedProxies: "${entry}" is neither an address nor a network like 10.0.0.0/24`);
    if (prefix === undefined) this.#known.addAddress(address, familyOf(address));
    else this.#known.addSubnet(address, Number(prefix), familyOf(address));
  }
}

/** For whom each proxy asked, the nearest last; of the two headers the standard's (RFC 7239) where both are sent. */
function hopsOf(headers: IncomingHttpHeaders): string[] {
  const { forwarded, 'x-forwarded-for': named } = headers;
  const hops =
    forwarded === undefined
      ? textOf(named).split(',')
      : forwarded.split(',').map((hop) => /(?:^|;)\s*for=("[^"]*"|[^;]*)/i.exec(hop)?.[1] ?? '');
  return hops.slice(-MOST_HOPS);
}

function textOf(header: string | string[] | undefined): string {
  return Array.isArray(header) ? header.join(',') : (header ?? '');
}

/** `192.0.2.1`, `192.0.2.1:4711`, `[2001:db8::1]:4711`, with or without quotes; undefined for whatever else. */
function addressIn(hop: string): string | undefined {
  const text = hop.trim().replace(/^"(.*)"$/, '$1');
  const bare = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1] ?? text.replace(/^([\d.]+):\d{1,5}$/, '$1');
  return isIP(bare) === 0 ? undefined : plainAddress(bare);
}

/** Whom connections and tries are counted for: an IPv4 address, or the first half of an IPv6 address, as one host has all of that /64. */
export function addressKey(address: string): string {
  const bare = plainAddress(address.split('%', 1)[0] as string);
  if (!isIPv6(bare)) return bare;
  const [left = [], right = []] = (canonicalIp(bare) as string)
    .split('::')
    .map((part) => part.split(':').filter(Boolean));
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}

/** An IPv4 address is one, also where the socket speaks IPv6. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}
