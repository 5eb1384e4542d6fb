import { hash } from 'node:crypto';
import { KumoError, unavailable } from '../errors/index.ts';
import type { TokenChecker, TokenInfo } from '../http/app-options.ts';
import { instantSpan } from '../trace/index.ts';
import { client } from './client.ts';
import type { Client } from './client-types.ts';
import { ACCESS_RULES_HEADER, ACCESS_RULES_VERSION, tokenInfoOf, validateToken } from './token-operations.ts';
import type { Transport } from './transport.ts';

export interface TokenValidatorOptions {
  /** To Keystone. */
  readonly transport: Transport;
  /** The service's own token, with which it asks. */
  readonly serviceToken: { token(): Promise<string>; invalidate(token: string): void };
  /** The daemon that asks, for the trace. */
  readonly from: string;
  /**
   * How long a valid token is believed, i.e. how late a revocation may be noticed here. Default 3: a Keystone that has not
   * yet seen what another one wrote may answer, and both together are to stay below 5.
   */
  readonly cacheSeconds?: number;
  /** Default 10,000. */
  readonly maxEntries?: number;
  /** For one question with its repetitions. Default 10,000. */
  readonly deadlineMs?: number;
}

interface Entry {
  readonly info: TokenInfo | undefined;
  readonly until: number;
}

/** A refused token is asked about again after this long, so that guessing does not become Keystone's load. */
const REFUSED_MS = 1_000;

/** Asks Keystone whose token it is. Answers are kept for a few seconds, under the token's digest. */
export class TokenValidator implements TokenChecker {
  readonly #options: TokenValidatorOptions;
  readonly #keystone: Client<{ validateToken: typeof validateToken }>;
  readonly #entries = new Map<string, Entry>();
  readonly #asking = new Map<string, Promise<TokenInfo | undefined>>();

  constructor(options: TokenValidatorOptions) {
    const { transport, from, deadlineMs = 10_000 } = options;
    this.#options = options;
    this.#keystone = client({ validateToken }, transport, { from, to: 'keystone', deadlineMs });
  }

  /**
   * Undefined: not a valid token.
   * @throws unavailable when Keystone cannot be asked; nobody is let in or thrown out on a guess.
   */
  async validate(token: string, options: { allowExpired?: boolean } = {}): Promise<TokenInfo | undefined> {
    const allowExpired = options.allowExpired ?? false;
    const key = `${hash('sha256', token, 'base64')}${allowExpired ? '+' : ''}`;
    const known = this.#entries.get(key);
    if (known && Date.now() < known.until) {
      this.#showCached();
      return known.info;
    }
    const underWay = this.#asking.get(key);
    if (underWay) {
      const info = await underWay;
      this.#showCached();
      return info;
    }
    const asked = this.#askAndKeep(key, token, allowExpired).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asked);
    return asked;
  }

  async #askAndKeep(key: string, token: string, allowExpired: boolean): Promise<TokenInfo | undefined> {
    const { info, askedAt } = await this.#ask(token, allowExpired);
    const valid = info && (allowExpired || !isOver(info)) ? info : undefined;
    this.#keep(key, { info: valid, askedAt, allowExpired });
    return valid;
  }

  /** `askedAt`: what changed after that the answer may not know. */
  async #ask(token: string, allowExpired: boolean): Promise<{ info: TokenInfo | undefined; askedAt: number }> {
    const { serviceToken } = this.#options;
    for (let tries = 0; ; tries++) {
      let own: string | undefined;
      let askedAt = Date.now();
      try {
        own = await serviceToken.token();
        askedAt = Date.now();
        const query = { nocatalog: '', ...(allowExpired ? { allow_expired: '1' } : {}) };
        const headers = { 'x-subject-token': token, [ACCESS_RULES_HEADER]: ACCESS_RULES_VERSION };
        return { info: tokenInfoOf(await this.#keystone.validateToken({ headers, query, token: own })), askedAt };
      } catch (error) {
        if (!(error instanceof KumoError)) throw error;
        if (error.kind === 'notFound') return { info: undefined, askedAt };
        if (error.kind === 'unauthorized' && tries === 0 && own !== undefined) serviceToken.invalidate(own);
        else
          throw unavailable(
            { message: 'The identity service cannot validate tokens at present.' },
            { cause: error, retryable: true },
          );
      }
    }
  }

  #keep(
    key: string,
    { info, askedAt, allowExpired }: { info: TokenInfo | undefined; askedAt: number; allowExpired: boolean },
  ): void {
    const { cacheSeconds = 3, maxEntries = 10_000 } = this.#options;
    const expiresAt = info === undefined || allowExpired ? Number.NaN : Date.parse(info.expiresAt ?? '');
    const keptMs = info === undefined ? Math.min(REFUSED_MS, cacheSeconds * 1000) : cacheSeconds * 1000;
    const until = askedAt + keptMs;
    this.#entries.delete(key);
    this.#entries.set(key, { info, until: Number.isNaN(expiresAt) ? until : Math.min(until, expiresAt) });
    // A Map keeps insertion order: the first is the oldest.
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= maxEntries) break;
      this.#entries.delete(oldest);
    }
  }

  /** In a trace, the question to Keystone is seen even when it was not asked (FLOW.md). */
  #showCached(): void {
    const attributes = { 'http.method': 'GET', 'kumo.cached': true };
    instantSpan('validateToken', { kind: 'http', from: this.#options.from, to: 'keystone', attributes });
  }
}

function isOver({ expiresAt }: TokenInfo): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= Date.now();
}
