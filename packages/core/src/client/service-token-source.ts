import { unavailable } from '../errors/index.ts';
import { client } from './client.ts';
import type { Client } from './client-types.ts';
import { issueToken } from './token-operations.ts';
import type { Transport } from './transport.ts';

export interface ServiceTokenSourceOptions {
  /** To Keystone. */
  readonly transport: Transport;
  /** The daemon that logs in, for the trace. */
  readonly from: string;
  readonly username: string;
  readonly password: string;
  /** Default `service`. */
  readonly project?: string;
  /** Of user and project, by name. Default `Default`. */
  readonly domain?: string;
  /** For one login with its repetitions. Default 30,000. */
  readonly deadlineMs?: number;
}

interface Held {
  readonly token: string;
  readonly renewAt: number;
}

/** The part of its life after which a token is renewed. */
const RENEW_AFTER = 0.75;
/** For a token that does not say when it runs out. */
const UNKNOWN_LIFE_MS = 300_000;

/** Logs a service's user in and keeps its token fresh. However many ask at once, there is one login. */
export class ServiceTokenSource {
  readonly #options: ServiceTokenSourceOptions;
  readonly #keystone: Client<{ issueToken: typeof issueToken }>;
  #held: Held | undefined;
  #login: Promise<Held> | undefined;

  constructor(options: ServiceTokenSourceOptions) {
    const { transport, from, deadlineMs } = options;
    this.#options = options;
    this.#keystone = client({ issueToken }, transport, { from, to: 'keystone', deadlineMs });
  }

  /**
   * A token that is good for at least a while.
   * @throws unavailable (retryable) when Keystone cannot be reached, unauthorized when it refuses the password.
   */
  async token(): Promise<string> {
    if (this.#held && Date.now() < this.#held.renewAt) return this.#held.token;
    this.#login ??= this.#logIn().finally(() => {
      this.#login = undefined;
    });
    this.#held = await this.#login;
    return this.#held.token;
  }

  /** Somebody refused this token: the next `token()` logs in anew, unless that was done already. */
  invalidate(token: string): void {
    if (this.#held?.token === token) this.#held = undefined;
  }

  async #logIn(): Promise<Held> {
    const { username, password, project = 'service', domain = 'Default' } = this.#options;
    const { headers, body } = await this.#keystone.issueToken.raw({
      query: { nocatalog: '' },
      body: {
        auth: {
          identity: {
            methods: ['password'],
            password: { user: { name: username, password, domain: { name: domain } } },
          },
          scope: { project: { name: project, domain: { name: domain } } },
        },
      },
    });
    const token = headers['x-subject-token'];
    if (typeof token !== 'string') throw unavailable({ message: 'Keystone answered a login without a token.' });
    const expiresAt = Date.parse(body.token.expires_at ?? '');
    const lifeMs = Number.isNaN(expiresAt) ? UNKNOWN_LIFE_MS : expiresAt - Date.now();
    return { token, renewAt: Date.now() + lifeMs * RENEW_AFTER };
  }
}
