import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '@kumo/core/exec';
import { freePort } from '../../../core/src/testing/free-ports.ts';

const START_MS = 180_000;

export const REAL_PASSWORD = 'real-secret';

/** Why tests with the real one are left out; false when they can be run. */
export const realKeystoneMissing = existsSync('/usr/bin/keystone-wsgi-public')
  ? false
  : "Debian's keystone is not installed (kumo test installs it)";

/**
 * OpenStack's own Keystone (Debian's package) on SQLite, with its first user `admin` and project `admin` bootstrapped.
 * It answers one request at a time.
 */
export class RealKeystone {
  readonly directory: string;
  readonly url: string;
  /** Its database, for `kumo keystone import --from`. */
  readonly databaseUrl: string;
  readonly #port: number;
  readonly #env: Record<string, string>;
  #process: ChildProcess | undefined;

  private constructor(directory: string, port: number, databaseUrl: string | undefined) {
    this.directory = directory;
    this.databaseUrl = databaseUrl ?? `sqlite:${join(directory, 'keystone.db')}`;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.#env = { OS_KEYSTONE_CONFIG_FILES: join(directory, 'keystone.conf'), OS_KEYSTONE_CONFIG_DIR: directory };
  }

  /** @param databaseUrl of an empty MariaDB database (`mysql://…`); SQLite unless told. */
  static async start(databaseUrl?: string): Promise<RealKeystone> {
    const directory = mkdtempSync(join(tmpdir(), 'real-keystone-'));
    const real = new RealKeystone(directory, await freePort(), databaseUrl);
    try {
      real.#configure();
      await real.manage('db_sync');
      if (databaseUrl === undefined) real.#letReadersBe();
      await real.manage('fernet_setup', '--keystone-user', 'root', '--keystone-group', 'root');
      await real.manage('receipt_setup', '--keystone-user', 'root', '--keystone-group', 'root');
      await real.manage('credential_setup', '--keystone-user', 'root', '--keystone-group', 'root');
      await real.manage(
        ...['bootstrap', '--bootstrap-password', REAL_PASSWORD],
        ...['--bootstrap-public-url', `${real.url}/v3`, '--bootstrap-region-id', 'RegionOne'],
      );
      await real.serve();
      return real;
    } catch (error) {
      await real.stop();
      throw error;
    }
  }

  /** Directories of keys, laid out as both understand them. */
  get tokenKeys(): string {
    return join(this.directory, 'fernet-keys');
  }
  get receiptKeys(): string {
    return join(this.directory, 'receipt-keys');
  }
  get credentialKeys(): string {
    return join(this.directory, 'credential-keys');
  }

  /** The keys of a repository, newest first. */
  async keys(purpose: 'token' | 'credential'): Promise<string[]> {
    const directory = purpose === 'token' ? this.tokenKeys : this.credentialKeys;
    const numbers = (await readdir(directory)).map(Number).toSorted((a, b) => b - a);
    return Promise.all(numbers.map((number) => readFile(join(directory, String(number)), 'utf8')));
  }

  /** `keystone-manage ARGS`. */
  async manage(...args: string[]): Promise<void> {
    const file = join(this.directory, 'keystone.conf');
    await run('keystone-manage', ['--config-file', file, ...args], { env: this.#env, timeoutMs: START_MS });
  }

  /** Starts to listen; returns when it answers. */
  async serve(): Promise<void> {
    const log = openSync(join(this.directory, 'wsgi.log'), 'a');
    const child = spawn('/usr/bin/keystone-wsgi-public', ['--host', '127.0.0.1', '--port', String(this.#port)], {
      env: { ...process.env, ...this.#env },
      stdio: ['ignore', log, log],
    });
    this.#process = child;
    const deadline = Date.now() + START_MS;
    for (;;) {
      const answers = await fetch(`${this.url}/v3`, { signal: AbortSignal.timeout(5_000) }).then(
        (answer) => answer.ok,
        () => false,
      );
      if (answers) return;
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(
          `the real Keystone does not answer:\n${readFileSync(join(this.directory, 'wsgi.log'), 'utf8')}`,
        );
      await sleep(100);
    }
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child && child.exitCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** It leaves connections in read transactions, which would keep writers out of a database without a write-ahead log. */
  #letReadersBe(): void {
    const database = new DatabaseSync(join(this.directory, 'keystone.db'));
    database.exec('pragma journal_mode = wal');
    database.close();
  }

  #configure(): void {
    const { directory, databaseUrl } = this;
    mkdirSync(join(directory, 'policy.d'));
    const sections: Record<string, string> = {
      DEFAULT: `log_file = ${directory}/keystone.log`,
      database: `connection = ${databaseUrl.replace(/^sqlite:/, 'sqlite:///').replace(/^mysql:/, 'mysql+pymysql:')}`,
      fernet_tokens: `key_repository = ${this.tokenKeys}`,
      fernet_receipts: `key_repository = ${this.receiptKeys}`,
      credential: `key_repository = ${this.credentialKeys}`,
      cache: 'enabled = false',
      identity: 'password_hash_rounds = 4',
      oslo_policy: `policy_dirs = ${directory}/policy.d`,
    };
    for (const keys of [this.tokenKeys, this.receiptKeys, this.credentialKeys]) mkdirSync(keys, { mode: 0o700 });
    const text = Object.entries(sections).map(([name, lines]) => `[${name}]\n${lines}\n`);
    writeFileSync(join(directory, 'keystone.conf'), text.join(''), { mode: 0o600 });
  }
}
