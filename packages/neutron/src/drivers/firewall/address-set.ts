import { BlockList, isIPv4 } from 'node:net';
import { checkedCidr } from '../host/checked-values.ts';

/** Addresses and prefixes without those that lie within another, apart by family: nft refuses overlaps in one set. */
export function addressSet(values: readonly string[]): { ipv4: string[]; ipv6: string[] } {
  const parsed = [...new Set(values.map(checkedCidr))].map((text) => {
    const [address = '', length] = text.split('/');
    const family = isIPv4(address) ? ('ipv4' as const) : ('ipv6' as const);
    return { text, address, family, length: length === undefined ? (family === 'ipv4' ? 32 : 128) : Number(length) };
  });
  parsed.sort((a, b) => a.length - b.length);
  const covered = new BlockList();
  const kept: { ipv4: string[]; ipv6: string[] } = { ipv4: [], ipv6: [] };
  for (const { text, address, family, length } of parsed) {
    if (covered.check(address, family)) continue;
    covered.addSubnet(address, length, family);
    // nft refuses a prefix of length 0 in a set of intervals; two halves are the same.
    if (length > 0) kept[family].push(text);
    else kept[family].push(...(family === 'ipv4' ? ['0.0.0.0/1', '128.0.0.0/1'] : ['::/1', '8000::/1']));
  }
  return kept;
}

/** The link-local address that a guest makes of its MAC (EUI-64). */
export function linkLocalOf(mac: string): string {
  const bytes = mac.split(':').map((byte) => Number.parseInt(byte, 16));
  bytes[0] = (bytes[0] ?? 0) ^ 2;
  const eui = [...bytes.slice(0, 3), 0xff, 0xfe, ...bytes.slice(3)];
  const groups = [0, 2, 4, 6].map((at) => (((eui[at] ?? 0) << 8) | (eui[at + 1] ?? 0)).toString(16));
  return `fe80::${groups.join(':')}`;
}
