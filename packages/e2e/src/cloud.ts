import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { type CommandOptions, type Outcome, outcomeOf, succeed } from './command.ts';
import { freePorts } from './free-ports.ts';

const KUMO = fileURLToPath(new URL('../../../kumo', import.meta.url));
const HTTP_DAEMONS = ['keystone', 'glance-api', 'placement-api', 'nova-api', 'nova-metadata-api', 'neutron-server', 'cinder-api'] as const;

export interface CloudOptions {
  layout?: 'embedded' | 'processes';
  /** `amqp://…`; default in-process. */
  bus?: string;
  /** `mysql://…` or `postgres://…`; default SQLite. */
  database?: string;
  /** Settings that are merged into kumo.yaml last, e.g. `{ nova: { virtDriver: 'fake' } }`. */
  settings?: Record<string, unknown>;
  env?: Record<string, string>;
}

/** A whole cloud below a state directory of its own, on free ports, started by the command that people use. */
export class Cloud {
  readonly stateDir: string;
  readonly configFile: string;
  readonly #env: Record<string, string>;

  private constructor(stateDir: string, configFile: string, env: Record<string, string>) {
    this.stateDir = stateDir;
    this.configFile = configFile;
    this.#env = env;
  }

  /** Writes the settings; nothing is started. */
  static async prepare(options: CloudOptions = {}): Promise<Cloud> {
    const stateDir = mkdtempSync(join(tmpdir(), 'kumo-e2e-'));
    const ports = await freePorts(HTTP_DAEMONS.length);
    const settings = {
      stateDir,
      layout: options.layout ?? 'embedded',
      bus: options.bus ?? 'in-process',
      database: options.database ?? 'sqlite',
      ports: Object.fromEntries(HTTP_DAEMONS.map((name, index) => [name, ports[index]])),
      ...options.settings,
    };
    const configFile = `${stateDir}.yaml`;
    writeFileSync(configFile, stringify(settings), { mode: 0o600 });
    return new Cloud(stateDir, configFile, { ...options.env });
  }

  /** Prepares a cloud and brings it up. */
  static async start(options: CloudOptions = {}): Promise<Cloud> {
    const cloud = await Cloud.prepare(options);
    await cloud.up();
    return cloud;
  }

  up(env: Record<string, string> = {}): Promise<string> {
    return succeed(KUMO, ['--config', this.configFile, 'up', '--detach'], { env: { ...this.#env, ...env }, timeoutMs: 300_000 });
  }

  /** `kumo ARGS`; throws unless it ends well. */
  kumo(...args: string[]): Promise<string> {
    return succeed(KUMO, ['--config', this.configFile, ...args], { env: this.#env, timeoutMs: 300_000 });
  }

  down(): Promise<string> {
    return this.kumo('down');
  }

  /** Removes the cloud and everything that it made on this host. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kumo('reset', '--yes');
    rmSync(this.configFile, { force: true });
  }

  /** The exports of `kumo openrc` as a record. */
  credentials(account: 'admin' | 'demo' = 'admin'): Record<string, string> {
    const text = readFileSync(join(this.stateDir, account === 'admin' ? 'openrc' : 'openrc-demo'), 'utf8');
    return Object.fromEntries([...text.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [name!, value!]));
  }

  /** The official client's outcome, whatever its exit code. */
  openstackOutcome(args: readonly string[], options: CommandOptions & { account?: 'admin' | 'demo' } = {}): Promise<Outcome> {
    return outcomeOf('openstack', args, { timeoutMs: 240_000, ...options, env: { ...this.credentials(options.account), ...options.env } });
  }

  /** The official client's output as text. */
  async openstackText(args: readonly string[], account: 'admin' | 'demo' = 'admin'): Promise<string> {
    const { code, stdout, stderr } = await this.openstackOutcome(args, { account });
    if (code !== 0) throw new Error(`openstack ${args.join(' ')}: exit code ${code}\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** The official client's answer with `-f json`, parsed. */
  async openstack<T = Record<string, unknown>>(args: readonly string[], account: 'admin' | 'demo' = 'admin'): Promise<T> {
    return JSON.parse(await this.openstackText([...args, '-f', 'json'], account)) as T;
  }
}
