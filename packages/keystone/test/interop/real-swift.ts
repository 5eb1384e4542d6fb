import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '@kumo/core/exec';
import { freePort } from '../../../core/src/testing/free-ports.ts';

const START_MS = 180_000;

export const realSwiftMissing =
  existsSync('/usr/bin/swift-proxy-server') && existsSync('/usr/bin/swift-account-server')
    ? false
    : "Debian's swift-proxy and swift-account are not installed (kumo test installs them)";

/** A service user that keystonemiddleware logs in as, and the Keystone where it does. */
export interface SwiftIdentity {
  readonly authUrl: string;
  readonly username: string;
  readonly password: string;
}

/**
 * Debian's swift-proxy with its own keystonemiddleware, and an account server behind it: enough for accounts to be made and
 * read, not for objects.
 */
export class RealSwift {
  readonly url: string;
  readonly #directory: string;
  readonly #children: ChildProcess[] = [];

  private constructor(directory: string, port: number) {
    this.#directory = directory;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(identity: SwiftIdentity): Promise<RealSwift> {
    const directory = mkdtempSync(join(tmpdir(), 'real-swift-'));
    const [proxyPort, accountPort] = [await freePort(), await freePort()];
    const swift = new RealSwift(directory, proxyPort);
    try {
      swift.#configure(identity, { proxyPort, accountPort });
      await swift.#makeRings(accountPort);
      swift.#spawn('account-server');
      swift.#spawn('proxy-server');
      await swift.#answering();
      return swift;
    } catch (error) {
      await swift.stop();
      throw error;
    }
  }

  /** What its servers said. */
  log(): string {
    return readFileSync(join(this.#directory, 'log'), 'utf8');
  }

  async stop(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #configure({ authUrl, username, password }: SwiftIdentity, ports: { proxyPort: number; accountPort: number }): void {
    const directory = this.#directory;
    const common = ['bind_ip = 127.0.0.1', 'workers = 0', 'user = root', `swift_dir = ${directory}`];
    mkdirSync(join(directory, 'disks', 'd1'), { recursive: true });
    this.#write('swift.conf', ['[swift-hash]', 'swift_hash_path_suffix = test', 'swift_hash_path_prefix = test']);
    this.#write('account-server.conf', [
      '[DEFAULT]',
      ...common,
      `bind_port = ${ports.accountPort}`,
      `devices = ${directory}/disks`,
      'mount_check = false',
      '[pipeline:main]',
      'pipeline = account-server',
      '[app:account-server]',
      'use = egg:swift#account',
    ]);
    this.#write('proxy-server.conf', [
      '[DEFAULT]',
      ...common,
      `bind_port = ${ports.proxyPort}`,
      '[pipeline:main]',
      'pipeline = catch_errors healthcheck cache authtoken keystoneauth proxy-server',
      '[app:proxy-server]',
      'use = egg:swift#proxy',
      'account_autocreate = true',
      '[filter:catch_errors]',
      'use = egg:swift#catch_errors',
      '[filter:healthcheck]',
      'use = egg:swift#healthcheck',
      '[filter:cache]',
      'use = egg:swift#memcache',
      '[filter:keystoneauth]',
      'use = egg:swift#keystoneauth',
      'operator_roles = admin, member',
      '[filter:authtoken]',
      'paste.filter_factory = keystonemiddleware.auth_token:filter_factory',
      `www_authenticate_uri = ${authUrl}`,
      `auth_url = ${authUrl}`,
      'auth_type = password',
      'project_domain_id = default',
      'user_domain_id = default',
      'project_name = service',
      `username = ${username}`,
      `password = ${password}`,
      'delay_auth_decision = true',
      'service_token_roles_required = true',
      'service_type = object-store',
      'token_cache_time = -1',
    ]);
  }

  async #makeRings(accountPort: number): Promise<void> {
    // Nothing listens where containers and objects would be.
    for (const [name, port] of Object.entries({ account: accountPort, container: 9, object: 9 })) {
      const builder = join(this.#directory, `${name}.builder`);
      await run('swift-ring-builder', [builder, 'create', '4', '1', '0']);
      await run('swift-ring-builder', [builder, 'add', `r1z1-127.0.0.1:${port}/d1`, '1']);
      await run('swift-ring-builder', [builder, 'rebalance']);
    }
  }

  #spawn(server: string): void {
    const log = openSync(join(this.#directory, 'log'), 'a');
    const config = join(this.#directory, `${server}.conf`);
    this.#children.push(spawn(`/usr/bin/swift-${server}`, [config, '-v'], { stdio: ['ignore', log, log] }));
  }

  async #answering(): Promise<void> {
    const deadline = Date.now() + START_MS;
    for (;;) {
      const answers = await fetch(`${this.url}/healthcheck`, { signal: AbortSignal.timeout(5_000) }).then(
        (answer) => answer.ok,
        () => false,
      );
      if (answers) return;
      if (Date.now() > deadline || this.#children.some((child) => child.exitCode !== null))
        throw new Error(`swift does not answer:\n${this.log()}`);
      await sleep(100);
    }
  }

  #write(name: string, lines: readonly string[]): void {
    writeFileSync(join(this.#directory, name), `${lines.join('\n')}\n`, { mode: 0o600 });
  }
}
