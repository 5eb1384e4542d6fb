import { isIPv6 } from 'node:net';

/** Whom connections are counted for: an IPv4 address, or the /64 of an IPv6 address, as one host has all of that. */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const bare = address.split('%', 1)[0] as string;
  if (!isIPv6(bare)) return bare;
  const [head = '', tail] = bare.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  if (tail === undefined) return left.slice(0, 4).join(':');
  const right = tail === '' ? [] : tail.split(':');
  // A dotted end stands for two groups.
  const given = left.length + right.length + (tail.includes('.') ? 1 : 0);
  return [...left, ...Array<string>(Math.max(0, 8 - given)).fill('0'), ...right].slice(0, 4).join(':');
}
