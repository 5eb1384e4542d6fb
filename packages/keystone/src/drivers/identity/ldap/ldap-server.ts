import { readdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { type ConnectionOptions, getCACertificates } from 'node:tls';
import type { Logger } from '@kumo/core/log';
import { TLS_FLOOR } from '@kumo/core/tls';
import { DirectoryDown } from '../directory.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { LdapConnection } from './ldap-connection.ts';
import type { LdapOptions, ServerOptions } from './ldap-options.ts';
import { LdapPool } from './ldap-pool.ts';

export interface LdapLimits {
  /** For a connection with TLS and bind, to one server. */
  readonly connectTimeoutMs: number;
  /** For the answer to one question. */
  readonly requestTimeoutMs: number;
  /** How long nobody is made to wait for a directory that did not answer. */
  readonly retryAfterMs: number;
}

const FAILURES_IN_A_ROW = 2;

/** The servers of one directory, each as good as the other: who answers first is asked until it does not. */
export class LdapServer {
  readonly #server: ServerOptions;
  readonly #limits: LdapLimits;
  readonly #log: Logger;
  readonly #queries: LdapPool;
  readonly #logins: LdapPool;
  readonly #breaker: CircuitBreaker;
  #tls: ConnectionOptions | undefined;
  /** The URL that answered last. */
  #preferred = 0;

  constructor({ server, pool, authPool }: LdapOptions, { limits, log }: { limits: LdapLimits; log: Logger }) {
    this.#server = server;
    this.#limits = {
      ...limits,
      connectTimeoutMs: Math.min(limits.connectTimeoutMs, server.connectTimeoutMs ?? Infinity),
    };
    this.#log = log;
    this.#breaker = new CircuitBreaker({ failures: FAILURES_IN_A_ROW, retryAfterMs: limits.retryAfterMs });
    const waitMs = limits.requestTimeoutMs;
    this.#queries = new LdapPool({ ...pool, waitMs, open: () => this.#open(true) });
    this.#logins = new LdapPool({ ...authPool, waitMs, open: () => this.#open(false) });
    if (server.password !== undefined && !server.startTls) warnOfClearText(server.urls, log);
  }

  /** Asks as the configured user, or as nobody when there is none. @throws DirectoryDown; what `work` throws. */
  query<T>(work: (connection: LdapConnection) => Promise<T>): Promise<T> {
    return this.#breaker.run(() => this.#queries.use(work));
  }

  /** Whether the directory takes the password. @throws DirectoryDown */
  verify(dn: string, password: string): Promise<boolean> {
    return this.#breaker.run(() => this.#logins.use((connection) => connection.bind(dn, password, this.deadline())));
  }

  /** For one question. */
  deadline(): AbortSignal {
    return AbortSignal.timeout(this.#limits.requestTimeoutMs);
  }

  close(): void {
    this.#queries.close();
    this.#logins.close();
  }

  async #open(asUser: boolean): Promise<LdapConnection> {
    const { urls } = this.#server;
    let last: unknown;
    for (let tried = 0; tried < urls.length; tried += 1) {
      const at = (this.#preferred + tried) % urls.length;
      try {
        const connection = await this.#openAt(urls[at] as string, asUser);
        this.#preferred = at;
        return connection;
      } catch (error) {
        last = error;
        this.#log.warn({ url: urls[at], err: error }, 'an LDAP server cannot be asked; the next of ldap.url is tried');
      }
    }
    throw last;
  }

  async #openAt(url: string, asUser: boolean): Promise<LdapConnection> {
    const { startTls, user, password } = this.#server;
    const signal = AbortSignal.timeout(this.#limits.connectTimeoutMs);
    const connection = await LdapConnection.open(url, { tls: this.#tlsOptions(), startTls, signal });
    if (!asUser || !user || !password) return connection;
    try {
      if (await connection.bind(user, password, signal)) return connection;
      throw new DirectoryDown(`${url}: the server refuses the configured user and password`);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  #tlsOptions(): ConnectionOptions {
    const { verifiesCertificate, caFile, caDirectory } = this.#server;
    try {
      this.#tls ??= { ...TLS_FLOOR, rejectUnauthorized: verifiesCertificate, ca: authorities(caFile, caDirectory) };
      return this.#tls;
    } catch (error) {
      throw new DirectoryDown(`the certificates of authorities cannot be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}

function authorities(file: string | undefined, directory: string | undefined): string[] {
  if (file !== undefined) return [readFileSync(file, 'utf8')];
  if (directory === undefined) return [...getCACertificates('default'), ...getCACertificates('system')];
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => readFileSync(join(directory, entry.name), 'utf8'))
    .filter((text) => text.includes('BEGIN CERTIFICATE'));
}

function warnOfClearText(urls: readonly string[], log: Logger): void {
  for (const url of urls) {
    const { protocol, hostname } = new URL(url);
    const isHere =
      hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'));
    if (protocol === 'ldap:' && !isHere)
      log.warn({ url }, 'passwords go to this LDAP server in the clear: use ldaps:// or use_tls');
  }
}
