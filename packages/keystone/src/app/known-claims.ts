import type { TokenClaims } from '../tokens/token-claims.ts';

const MAX_TOKENS = 4_096;
/** Places to remember that a token was seen once; a power of two. */
const PLACES = 8_192;

/**
 * What tokens say, which depends on the keys alone. The same few callers' tokens come again and again, but most others are
 * shown once: a token is kept from the second time on, as thousands a second that nobody asks for again would keep the
 * garbage collector busy.
 */
export class KnownClaims {
  #claims = new Map<string, TokenClaims>();
  #readWith = -1;
  /** By a hash of the token; that of another one costs the keeping of what need not be kept. */
  readonly #seen = new Int32Array(PLACES);

  /** @param generation of the keys: what was read with others is forgotten. */
  find(token: string, generation: number): TokenClaims | undefined {
    if (this.#readWith !== generation) {
      this.#claims = new Map();
      this.#readWith = generation;
    }
    return this.#claims.get(token);
  }

  /** @param generation of the keys now: reading a token may have had them read anew, then it is not kept this time. */
  add(token: string, claims: TokenClaims, generation: number): void {
    const hash = hashOf(token);
    const place = hash & (PLACES - 1);
    if (this.#seen[place] !== hash) {
      this.#seen[place] = hash;
      return;
    }
    if (this.#readWith !== generation) return;
    if (this.#claims.size >= MAX_TOKENS) this.#claims = new Map();
    this.#claims.set(token, claims);
  }
}

/** Of its end, which is a MAC: as random as it gets. FNV-1a. */
function hashOf(token: string): number {
  let hash = 0x811c9dc5;
  for (let at = Math.max(0, token.length - 16); at < token.length; at++)
    hash = Math.imul(hash ^ token.charCodeAt(at), 0x01000193);
  return hash;
}
