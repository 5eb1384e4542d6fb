import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-ports.ts';

/** Ends with the test that started it, however that ends. */
const WITH_PARENT = ['--pdeathsig=KILL'];
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';

export interface PrivateRabbitmq {
  readonly url: string;
  readonly port: number;
  /** The broker's process, while it runs. */
  readonly pid: number | undefined;
  /** Starts it (again), with what its disk holds. */
  start(): Promise<void>;
  /** Lets it shut down in order. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Kills it and removes its directory. */
  destroy(): Promise<void>;
}

/**
 * Starts a RabbitMQ of our own from Debian's package: own node name, directory, user and password, all ports on the
 * loopback, an epmd of its own, no plugins, one scheduler that does not spin. Takes about 4 seconds.
 *
 * @param options.directory where it keeps everything; a new temporary directory when absent
 */
export async function startRabbitmq(options: { directory?: string } = {}): Promise<PrivateRabbitmq> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'kumo-rabbitmq-')));
  const broker = new Broker(directory, await freePort(), await freePort(), await freePort());
  await broker.prepare();
  await broker.start();
  return broker;
}

class Broker implements PrivateRabbitmq {
  readonly port: number;
  readonly url: string;
  readonly #directory: string;
  readonly #distPort: number;
  readonly #epmdPort: number;
  readonly #password = randomBytes(12).toString('hex');
  #epmd: ChildProcess | undefined;
  #server: ChildProcess | undefined;

  /** A test that ends without `destroy` leaves no broker behind. */
  readonly #atExit = () => {
    this.#server?.kill('SIGKILL');
    this.#epmd?.kill('SIGKILL');
  };

  constructor(directory: string, port: number, distPort: number, epmdPort: number) {
    this.#directory = directory;
    this.port = port;
    this.#distPort = distPort;
    this.#epmdPort = epmdPort;
    this.url = `amqp://kumo:${this.#password}@127.0.0.1:${port}`;
  }

  get pid(): number | undefined {
    return this.#server?.pid;
  }

  async prepare(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const settings = [
      `listeners.tcp.1 = 127.0.0.1:${this.port}`,
      'default_user = kumo',
      `default_pass = ${this.#password}`,
      'default_user_tags.administrator = true',
      'num_acceptors.tcp = 2',
      'vm_memory_high_watermark.absolute = 400MB',
      'disk_free_limit.absolute = 50MB',
      'raft.wal_max_size_bytes = 8000000',
      'log.console = false',
      'log.file = broker.log',
      'log.file.level = warning',
    ];
    await writeFile(join(this.#directory, 'rabbitmq.conf'), `${settings.join('\n')}\n`, { mode: 0o600 });
    await writeFile(join(this.#directory, 'enabled_plugins'), '[].\n');
  }

  async start(): Promise<void> {
    if (this.#server) return;
    process.off('exit', this.#atExit).on('exit', this.#atExit);
    const env = this.#environment();
    if (!this.#epmd) {
      this.#epmd = spawn(
        'setpriv',
        [...WITH_PARENT, 'epmd', '-port', String(this.#epmdPort), '-address', '127.0.0.1'],
        {
          env,
          stdio: 'ignore',
        },
      );
      this.#epmd.unref();
      await waitUntilOpen(this.#epmdPort, this.#epmd, 5_000);
    }
    const server = spawn('setpriv', [...WITH_PARENT, SERVER, '-noinput'], {
      env,
      stdio: 'ignore',
      cwd: this.#directory,
    });
    this.#server = server;
    server.unref();
    server.once('exit', () => {
      if (this.#server === server) this.#server = undefined;
    });
    await waitUntilOpen(this.port, server, 60_000).catch(async (error) => {
      throw new Error(`RabbitMQ did not start: ${await this.#lastWords()}`, { cause: error });
    });
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async destroy(): Promise<void> {
    await this.kill();
    process.off('exit', this.#atExit);
    const epmd = this.#epmd;
    this.#epmd = undefined;
    if (epmd && epmd.exitCode === null) {
      epmd.ref();
      epmd.kill('SIGKILL');
      await once(epmd, 'exit');
    }
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const server = this.#server;
    if (!server) return;
    server.ref();
    const exited = once(server, 'exit');
    server.kill(signal);
    await exited;
  }

  #environment(): Record<string, string> {
    const dir = this.#directory;
    return {
      PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: dir,
      LANG: 'C.UTF-8',
      // The start script then replaces itself by the broker, so that our signals reach it.
      RUNNING_UNDER_SYSTEMD: 'true',
      ERL_EPMD_PORT: String(this.#epmdPort),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: `kumo${this.port}@localhost`,
      RABBITMQ_DIST_PORT: String(this.#distPort),
      RABBITMQ_CONF_ENV_FILE: '/dev/null',
      RABBITMQ_CONFIG_FILE: join(dir, 'rabbitmq.conf'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, 'enabled_plugins'),
      RABBITMQ_MNESIA_BASE: join(dir, 'mnesia'),
      RABBITMQ_LOG_BASE: join(dir, 'log'),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
        '+sbwt none +sbwtdcpu none +sbwtdio none +S 1:1 +A 8 -kernel inet_dist_use_interface {127,0,0,1}',
    };
  }

  async #lastWords(): Promise<string> {
    const log = await readFile(join(this.#directory, 'log', 'broker.log'), 'utf8').catch(
      (error: Error) => error.message,
    );
    return log.slice(-2_000);
  }
}

async function waitUntilOpen(port: number, child: ChildProcess, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`);
    }
    if (await answers(port)) return;
    await sleep(50);
  }
  throw new Error(`port ${port} is closed after ${timeoutMs} ms`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
