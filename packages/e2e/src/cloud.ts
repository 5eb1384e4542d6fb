import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { freePorts } from '../../core/src/testing/free-ports.ts';
import { Api, type ServiceName } from './api.ts';
import { type CommandOptions, type Outcome, outcomeOf, succeed } from './command.ts';

export const KUMO = fileURLToPath(new URL('../../../kumo', import.meta.url));
export const HTTP_DAEMONS = [
  'keystone',
  'glance-api',
  'placement-api',
  'nova-api',
  'nova-metadata-api',
  'neutron-server',
  'cinder-api',
] as const;
export type HttpDaemon = (typeof HTTP_DAEMONS)[number];
export type Account = 'admin' | 'demo';

export interface CloudOptions {
  layout?: 'embedded' | 'processes';
  /** `amqp://…`; default in-process. */
  bus?: string;
  /** `mysql://…` or `postgres://…`; default SQLite. */
  database?: string;
  /** Nothing is made on the host: no guests, bridges or volumes. */
  fake?: boolean;
  /** Sections of kumo.yaml, merged over the ones that keep clouds on one host apart, e.g. `{ nova: { quota: … } }`. */
  settings?: Record<string, object>;
  env?: Record<string, string>;
}

/** `kumo status --json`. */
export interface CloudStatus {
  pid: number | null;
  ready: boolean;
  services: { name: string; url: string | null; pid: number; healthy: boolean }[];
}

/** Clouds that must not outlive this process. */
const living = new Set<Cloud>();
// Hooks do not run in a process that is told to end.
process.once('SIGTERM', () => process.exit(143));
process.once('exit', () => {
  for (const { configFile } of living) {
    spawnSync(KUMO, ['--config', configFile, 'reset', '--yes'], { stdio: 'ignore' });
    rmSync(configFile, { force: true });
  }
});

/** A whole cloud below a state directory of its own, on free ports, started by the command that people use. */
export class Cloud {
  readonly stateDir: string;
  readonly configFile: string;
  /** Marks what this cloud makes on the host. */
  readonly cloudId: string;
  readonly ports: Readonly<Record<HttpDaemon, number>>;
  /** The first three numbers of the external network. */
  readonly publicPrefix: string;
  readonly #env: Record<string, string>;

  private constructor(options: {
    id: string;
    ports: Record<HttpDaemon, number>;
    publicPrefix: string;
    env: Record<string, string>;
  }) {
    this.cloudId = `k${options.id}`;
    // Sockets of guests lie below it and their paths may have 107 bytes.
    this.stateDir = `/tmp/k-${options.id}`;
    this.configFile = `${this.stateDir}.yaml`;
    this.ports = options.ports;
    this.publicPrefix = options.publicPrefix;
    this.#env = options.env;
  }

  /** Writes the settings; nothing is started. */
  static async prepare(options: CloudOptions = {}): Promise<Cloud> {
    const free = await freePorts(HTTP_DAEMONS.length);
    const ports = Object.fromEntries(HTTP_DAEMONS.map((name, index) => [name, free[index]!])) as Record<
      HttpDaemon,
      number
    >;
    const cloud = new Cloud({
      id: randomBytes(3).toString('hex'),
      ports,
      publicPrefix: freePrefix(),
      env: { ...options.env },
    });
    cloud.configure(options);
    return cloud;
  }

  /** Prepares a cloud and brings it up; nothing is left when it does not come up. */
  static async start(options: CloudOptions = {}): Promise<Cloud> {
    const cloud = await Cloud.prepare(options);
    living.add(cloud);
    try {
      await cloud.up();
      return cloud;
    } catch (error) {
      await cloud[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Writes `kumo.yaml` anew; takes effect at the next `up`. */
  configure(options: CloudOptions): void {
    const { stateDir, ports, cloudId, publicPrefix } = this;
    const bridge = `br-${cloudId}`;
    const fake = options.fake ?? false;
    const vni = Number.parseInt(cloudId.slice(1), 16) % 16_000_000;
    const own: Record<string, object> = {
      firstContent: {
        publicCidr: `${publicPrefix}.0/24`,
        publicGateway: `${publicPrefix}.1`,
        publicPoolStart: `${publicPrefix}.10`,
        publicPoolEnd: `${publicPrefix}.250`,
      },
      nova: fake ? { compute: { driver: 'fake' } } : {},
      cinder: fake ? { driver: 'fake' } : {},
      neutron: {
        dataplane: fake ? 'fake' : 'linux',
        cloudId,
        vniRange: { min: vni + 1, max: vni + 1000 },
        physicalBridges: { public: bridge },
        external: { bridge, cidr: `${publicPrefix}.1/24` },
      },
    };
    for (const [section, values] of Object.entries(options.settings ?? {}))
      own[section] = { ...own[section], ...values };
    const settings = {
      stateDir,
      layout: options.layout ?? 'embedded',
      bus: options.bus ?? 'in-process',
      database: options.database ?? 'sqlite',
      ports,
      ...own,
    };
    writeFileSync(this.configFile, stringify(settings), { mode: 0o600 });
  }

  up(env: Record<string, string> = {}): Promise<string> {
    return succeed(KUMO, ['--config', this.configFile, 'up', '--detach'], {
      env: { ...this.#env, ...env },
      timeoutMs: 600_000,
    });
  }

  /** `kumo ARGS`; throws unless it ends well. */
  kumo(...args: string[]): Promise<string> {
    return succeed(KUMO, ['--config', this.configFile, ...args], { env: this.#env, timeoutMs: 300_000 });
  }

  /** `kumo ARGS`, however it ends. */
  kumoOutcome(args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
    return outcomeOf(KUMO, ['--config', this.configFile, ...args], {
      ...options,
      env: { ...this.#env, ...options.env },
    });
  }

  down(): Promise<string> {
    return this.kumo('down');
  }

  async status(): Promise<CloudStatus> {
    return JSON.parse((await this.kumoOutcome(['status', '--json'])).stdout) as CloudStatus;
  }

  /** Removes the cloud and everything that it made on this host. With `KUMO_TEST_KEEP` set it stays, to be looked at. */
  async [Symbol.asyncDispose](): Promise<void> {
    living.delete(this);
    if (process.env.KUMO_TEST_KEEP)
      return void process.stderr.write(`kept: ${KUMO} --config ${this.configFile} status\n`);
    await this.kumo('reset', '--yes');
    rmSync(this.configFile, { force: true });
  }

  url(daemon: HttpDaemon): string {
    return `http://127.0.0.1:${this.ports[daemon]}`;
  }

  /** The exports of `kumo openrc` as a record. */
  credentials(account: Account = 'admin'): Record<string, string> {
    const text = readFileSync(join(this.stateDir, account === 'admin' ? 'openrc' : 'openrc-demo'), 'utf8');
    return Object.fromEntries([...text.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [name!, value!]));
  }

  /** Logs in and gives plain HTTP to every service, for what is not the point of a test. */
  api(account: Account = 'admin'): Promise<Api> {
    const {
      OS_USERNAME: user = '',
      OS_PASSWORD: password = '',
      OS_PROJECT_NAME: project = '',
    } = this.credentials(account);
    const urls = Object.fromEntries(
      Object.entries(SERVICES).map(([name, daemon]) => [name, this.url(daemon)]),
    ) as Record<ServiceName, string>;
    return Api.login(urls, { user, password, project });
  }

  /** The official client's outcome, whatever its exit code. */
  openstackOutcome(args: readonly string[], options: CommandOptions & { account?: Account } = {}): Promise<Outcome> {
    return outcomeOf('openstack', args, {
      timeoutMs: 240_000,
      ...options,
      env: { ...this.credentials(options.account), ...options.env },
    });
  }

  /** The official client's output as text. */
  async openstackText(args: readonly string[], account: Account = 'admin'): Promise<string> {
    const { code, stdout, stderr } = await this.openstackOutcome(args, { account });
    if (code !== 0) throw new Error(`openstack ${args.join(' ')}: exit code ${code}\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** The official client's answer with `-f json`, parsed. */
  async openstack<T = Record<string, unknown>>(args: readonly string[], account: Account = 'admin'): Promise<T> {
    return JSON.parse(await this.openstackText([...args, '-f', 'json'], account)) as T;
  }
}

const SERVICES: Readonly<Record<ServiceName, HttpDaemon>> = {
  identity: 'keystone',
  image: 'glance-api',
  placement: 'placement-api',
  compute: 'nova-api',
  network: 'neutron-server',
  volume: 'cinder-api',
};

/** A /24 of the range for benchmarks (RFC 2544) that no interface of this host has. */
function freePrefix(): string {
  const taken = new Set(
    Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).map(({ address }) => address.split('.').slice(0, 3).join('.')),
    ),
  );
  for (;;) {
    const [second, third] = randomBytes(2);
    const prefix = `198.${18 + (second! % 2)}.${third}`;
    if (!taken.has(prefix)) return prefix;
  }
}
