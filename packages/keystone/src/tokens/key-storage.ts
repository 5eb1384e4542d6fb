/** The number of the key that is staged to become the next primary. The highest number is the primary's. */
export const STAGED = 0;

export interface StoredKey {
  readonly number: number;
  /** 32 bytes in url-safe base64. */
  readonly text: string;
}

/** What a rotation did. */
export interface KeyRotation {
  /** The number that the staged key has now, as primary. */
  readonly primary: number;
  /** Keys that went: what they made can no longer be read. */
  readonly removed: readonly number[];
}

/** Where the keys of one repository are kept. */
export interface KeyStorage {
  /** For messages to the operator. */
  readonly place: string;
  /**
   * The keys, in any order; undefined when nothing changed since `known`. Makes a staged and a primary key when there is
   * none.
   * @throws Error when they cannot be read, or are not to be trusted.
   */
  read(known?: string): Promise<{ stamp: string; keys: readonly StoredKey[] } | undefined>;
  /**
   * The staged key becomes primary, a new one is staged, the oldest go until at most `maxActiveKeys` are left, the staged
   * one among them. Rotations of several processes come one after the other.
   */
  rotate(maxActiveKeys: number): Promise<KeyRotation>;
  /** Adds keys, newest first, that only decrypt: they go before any of those that are there. */
  addOlder(texts: readonly string[]): Promise<void>;
}

/** What keys are numbered when so many older ones come before them, the highest first. The staged one stays. */
export function shiftedBy(count: number, numbers: readonly number[]): [number, number][] {
  const active = numbers.filter((number) => number !== STAGED).toSorted((a, b) => b - a);
  return active.map((number) => [number, number + count]);
}

/** The numbers that go when those are there and at most so many shall be left, the primary and the staged one always. */
export function surplusOf(numbers: readonly number[], maxActiveKeys: number): number[] {
  const active = numbers.filter((number) => number !== STAGED).toSorted((a, b) => a - b);
  return active.slice(0, Math.max(0, active.length + 1 - Math.max(2, maxActiveKeys)));
}
