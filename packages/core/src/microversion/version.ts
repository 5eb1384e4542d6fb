import type { Microversion } from '../context/index.ts';

/** A version as contracts write it (`'2.60'`) or as a request carries it. */
export type VersionLike = Microversion | string;

const parsed = new Map<string, Microversion>();

/** Reads `'2.60'`. Throws RangeError for anything else: for the texts of contracts, not for headers (`negotiate`). */
export function parseVersion(text: string): Microversion {
  const known = parsed.get(text);
  if (known) return known;
  const version = tryParseVersion(text);
  if (!version) throw new RangeError(`${JSON.stringify(text)} is no microversion (2.60).`);
  parsed.set(text, version);
  return version;
}

/** As `parseVersion`, undefined for what is malformed; keeps nothing, so that clients cannot fill the memory. */
export function tryParseVersion(text: string): Microversion | undefined {
  const match = /^([1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/.exec(text);
  return match ? { major: Number(match[1]), minor: Number(match[2]) } : undefined;
}

/** Negative when `a` is older than `b`, 0 when equal, positive when newer. */
export function compareVersion(a: VersionLike, b: VersionLike): number {
  const left = typeof a === 'string' ? parseVersion(a) : a;
  const right = typeof b === 'string' ? parseVersion(b) : b;
  return left.major - right.major || left.minor - right.minor;
}

export function formatVersion(version: Microversion): string {
  return `${version.major}.${version.minor}`;
}
