import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 4_096;
const pool = Buffer.alloc(POOL_BYTES);
let taken = POOL_BYTES;

/**
 * Random bytes for what is not secret (initialisation vectors, audit ids), fetched many at once: asking for sixteen costs as
 * much as sealing a token.
 */
export function publicRandom(bytes: number): Buffer {
  if (taken + bytes > POOL_BYTES) {
    randomFillSync(pool);
    taken = 0;
  }
  taken += bytes;
  // A copy: the pool is filled again.
  return Buffer.from(pool.subarray(taken - bytes, taken));
}
