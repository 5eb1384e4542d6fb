import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startMariadb, type TestServer } from '../../core/src/testing/databases.ts';
import { freePorts } from '../../core/src/testing/free-ports.ts';
import { KUMO } from './cloud.ts';
import { eventually } from './eventually.ts';

const PASSWORD = 'pair-secret';

/** Wrong passwords that one address may send. */
export const WRONG_SECRETS = 6;

/** Two Keystones of one cloud on two "nodes" (state directories), one MariaDB, HAProxy before them. */
export class KeystonePair {
  /** HAProxy's. */
  readonly url: string;
  /** The Keystones' own. */
  readonly nodeUrls: readonly [string, string];
  readonly adminPassword = PASSWORD;
  readonly #directory: string;
  readonly #database: TestServer;
  readonly #nodes: (ChildProcess | undefined)[] = [undefined, undefined];
  #haproxy: ChildProcess | undefined;

  private constructor(directory: string, database: TestServer, ports: readonly number[]) {
    const [front, first, second] = ports.map((port) => `http://127.0.0.1:${port}`);
    this.#directory = directory;
    this.#database = database;
    this.url = front as string;
    this.nodeUrls = [first as string, second as string];
  }

  static async start(): Promise<KeystonePair> {
    const directory = mkdtempSync(join(tmpdir(), 'keystone-pair-'));
    const pair = new KeystonePair(directory, await startMariadb(), await freePorts(3));
    try {
      await pair.startNode(0);
      // Every node of a cloud has the same secrets.
      mkdirSync(pair.#stateDir(1));
      copyFileSync(join(pair.#stateDir(0), 'secrets.yaml'), join(pair.#stateDir(1), 'secrets.yaml'));
      await pair.startNode(1);
      await pair.#startHaproxy();
      return pair;
    } catch (error) {
      await pair[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts a node's Keystone; returns when it answers. */
  async startNode(index: 0 | 1): Promise<void> {
    const stateDir = this.#stateDir(index);
    const config = `${stateDir}.yaml`;
    const settings = {
      stateDir,
      daemons: ['keystone'],
      database: this.#database.url('').replace(/\/$/, ''),
      passwords: { admin: PASSWORD },
      ports: { keystone: Number(new URL(this.nodeUrls[index]).port) },
      peers: { keystone: this.url },
      keystone: {
        tokens: { keyStore: 'database', keyEncryptionKeyFile: join(this.#directory, 'key-encryption-key') },
        trustedProxies: ['127.0.0.1'],
        loginThrottle: { wrongSecrets: WRONG_SECRETS },
      },
    };
    writeFileSync(config, stringify(settings), { mode: 0o600 });
    const child = spawn(KUMO, ['node', '--config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#nodes[index] = child;
    await answering(`${this.nodeUrls[index]}/v3`, child);
  }

  /** SIGKILL to a node's Keystone. */
  async killNode(index: 0 | 1): Promise<void> {
    await end(this.#nodes[index]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [this.#haproxy, ...this.#nodes]) await end(child);
    await this.#database.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #stateDir(index: number): string {
    return join(this.#directory, `node${index}`);
  }

  /** A request that a server dies of is sent to the other one, unless it may have had an effect. */
  async #startHaproxy(): Promise<void> {
    const servers = this.nodeUrls.map(
      (url, index) => `  server keystone${index} ${new URL(url).host} check inter 500ms fall 2 rise 2`,
    );
    const lines = [
      'defaults',
      '  mode http',
      '  timeout connect 2s',
      '  timeout client 60s',
      '  timeout server 60s',
      // Else a check must be answered within its interval.
      '  timeout check 5s',
      '  retries 3',
      '  option redispatch 1',
      '  retry-on conn-failure empty-response',
      'listen keystone',
      `  bind ${new URL(this.url).host}`,
      '  balance leastconn',
      '  option forwardfor',
      '  option httpchk GET /healthcheck',
      '  http-check expect status 200',
      '  http-request disable-l7-retry unless METH_GET',
      ...servers,
    ];
    const file = join(this.#directory, 'haproxy.cfg');
    writeFileSync(file, `${lines.join('\n')}\n`);
    this.#haproxy = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    await answering(`${this.url}/v3`, this.#haproxy);
  }
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-4000);
  });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${child.spawnargs.join(' ')} ended: ${said}`);
  });
  const ready = eventually(
    `an answer of ${url}`,
    async () => (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok || undefined,
  );
  // Who ends later is no concern of ours.
  ended.catch(() => {});
  await Promise.race([ready, ended]);
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
