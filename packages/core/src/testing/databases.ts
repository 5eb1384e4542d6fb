import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../exec/index.ts';
import { freePort } from './free-ports.ts';

/** A private database server for tests, on a random port of the loopback address; it ends with the test's process. */
export interface TestServer {
  readonly port: number;
  /** The URL of a database on it, which `openDatabase` makes when it does not exist. */
  url(database: string): string;
  /** Stops it in order (clients see it say goodbye) and starts it again on the same data and port. */
  restart(): Promise<void>;
  /** SIGKILL to all of its processes. `start` brings it back. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Stops it for good and removes its data. */
  stop(): Promise<void>;
}

interface ServerKind {
  scheme: 'mysql' | 'postgres';
  /** The unprivileged user of Debian's package, for when the tests run as root. */
  user: string;
  program: string;
  args: (dir: string, port: number) => string[];
  /** Made in `dir` after the port was bound, so that what answers there is this server, with its port. */
  socket: (dir: string, port: number) => string;
  /** MySQL: shut down; PostgreSQL: SIGTERM would wait for its clients. */
  stopSignal: 'SIGTERM' | 'SIGINT';
  create: (server: { dir: string; as: readonly string[] }) => Promise<void>;
}

const PASSWORD = 'kumo-test';
const START_ATTEMPTS = 10;
const STOP_TIMEOUT_MS = 20_000;
/** PostgreSQL's SSLRequest: the shortest thing that it answers. MariaDB greets by itself. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Debian's mariadb-server with an empty data directory. Takes a few seconds. */
export function startMariadb(): Promise<TestServer> {
  return startServer({
    scheme: 'mysql',
    user: 'mysql',
    program: programIn(['/usr/sbin', '/usr/libexec', '/usr/bin'], 'mariadbd', 'mariadb-server'),
    stopSignal: 'SIGTERM',
    socket: (dir) => join(dir, 'mysql.sock'),
    args: (dir, port) => [
      '--no-defaults',
      `--datadir=${dir}/data`,
      `--socket=${dir}/mysql.sock`,
      `--pid-file=${dir}/pid`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      `--init-file=${dir}/init.sql`,
      '--skip-name-resolve',
      '--performance-schema=off',
      '--innodb-buffer-pool-size=32M',
      '--innodb-log-file-size=16M',
      '--innodb-flush-log-at-trx-commit=2',
      '--max-connections=500',
    ],
    create: async ({ dir, as }) => {
      const install = [
        'mariadb-install-db',
        '--no-defaults',
        `--datadir=${dir}/data`,
        '--skip-test-db',
        '--auth-root-authentication-method=normal',
      ];
      await runAs(as, install, dir);
      const grants = `create user if not exists kumo@'%' identified by '${PASSWORD}';\ngrant all on *.* to kumo@'%' with grant option;\n`;
      writeFileSync(join(dir, 'init.sql'), grants, { mode: 0o644 });
    },
  });
}

/** Debian's postgresql with an empty cluster. */
export function startPostgres(): Promise<TestServer> {
  const bin = postgresBin();
  return startServer({
    scheme: 'postgres',
    user: 'postgres',
    program: join(bin, 'postgres'),
    stopSignal: 'SIGINT',
    socket: (dir, port) => join(dir, `.s.PGSQL.${port}`),
    args: (dir, port) => [
      ...['-D', `${dir}/data`, '-k', dir, '-p', String(port), '-h', '127.0.0.1'],
      ...['-c', 'fsync=off', '-c', 'shared_buffers=16MB', '-c', 'max_connections=400'],
    ],
    create: async ({ dir, as }) => {
      const passwordFile = join(dir, 'password');
      writeFileSync(passwordFile, PASSWORD, { mode: 0o644 });
      const options = [
        '-U',
        'kumo',
        `--pwfile=${passwordFile}`,
        '-A',
        'scram-sha-256',
        '-E',
        'UTF8',
        '--locale=C',
        '--no-sync',
      ];
      await runAs(as, [join(bin, 'initdb'), '-D', `${dir}/data`, ...options], dir);
    },
  });
}

async function startServer(kind: ServerKind): Promise<TestServer> {
  const dir = mkdtempSync(join(tmpdir(), `kumo-${kind.scheme}-`));
  const as = unprivileged(kind.user, dir);
  let port = 0;
  let child: ChildProcess | undefined;
  const signal = async (name: 'SIGKILL' | 'SIGTERM' | 'SIGINT') => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    running.ref();
    const gone = once(running, 'exit');
    signalServer(running, name);
    // A server that was told to stop while it was still starting may not have heard it.
    const impatience = setTimeout(() => signalServer(running, 'SIGKILL'), STOP_TIMEOUT_MS);
    await gone;
    clearTimeout(impatience);
  };
  const start = async (choosePort?: () => Promise<number>) => {
    for (let attempt = 1; ; attempt += 1) {
      port = (await choosePort?.()) ?? port;
      // The kernel ends it with this process, however that ends.
      child = spawnServer('setpriv', [...as, '--pdeathsig=KILL', kind.program, ...kind.args(dir, port)], dir);
      if (await answersInTime(child, kind.socket(dir, port), kind.scheme)) return;
      // PostgreSQL refuses to start while workers of a killed server, each in a session of its own, still hold its memory.
      if (attempt === START_ATTEMPTS) throw new Error(`The test server did not start: ${lastWords(dir)}`);
      await sleep(200);
    }
  };
  await kind.create({ dir, as });
  // Somebody else may take the port before the server does; once it has been told to others, it stays.
  await start(freePort);
  return {
    port,
    url: (database) => `${kind.scheme}://kumo:${PASSWORD}@127.0.0.1:${port}/${database}`,
    restart: async () => {
      await signal(kind.stopSignal);
      await start();
    },
    kill: () => signal('SIGKILL'),
    start: () => start(),
    stop: async () => {
      await signal(kind.stopSignal);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A process group of its own, so that SIGKILL reaches PostgreSQL's workers too. */
function spawnServer(program: string, args: readonly string[], dir: string): ChildProcess {
  const output = openSync(join(dir, 'log'), 'a', 0o600);
  const child = spawn(program, args, { cwd: dir, detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  child.unref();
  return child;
}

function signalServer(child: ChildProcess, name: 'SIGKILL' | 'SIGTERM' | 'SIGINT'): void {
  if (!child.pid) return;
  process.kill(name === 'SIGKILL' ? -child.pid : child.pid, name);
}

/** False when the server ended, or has not answered after half a minute. */
async function answersInTime(child: ChildProcess, path: string, scheme: ServerKind['scheme']): Promise<boolean> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (child.exitCode !== null || child.signalCode !== null) return false;
    if (await answers(path, scheme)) return true;
    await sleep(100);
  }
  return false;
}

function lastWords(dir: string): string {
  return readFileSync(join(dir, 'log'), 'utf8').slice(-1000);
}

/** True when the server answers, not merely when its kernel has a queue for it. */
async function answers(path: string, scheme: ServerKind['scheme']): Promise<boolean> {
  const socket = connect(path);
  socket.setTimeout(2000, () => socket.destroy(new Error('no answer')));
  try {
    if (scheme === 'postgres') socket.write(SSL_REQUEST);
    await once(socket, 'data');
    return true;
  } catch {
    // Not there yet: the caller asks again.
    return false;
  } finally {
    socket.destroy();
  }
}

/** setpriv's options that drop root's rights, once the directory has been given to that user. */
function unprivileged(user: string, dir: string): string[] {
  chmodSync(dir, 0o755);
  mkdirSync(join(dir, 'data'), { mode: 0o700 });
  if (process.getuid?.() !== 0) return [];
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`${user}:`));
  if (!entry) throw new Error(`There is no user ${user}: install the database server's package`);
  const [, , uid, gid] = entry.split(':').map(Number);
  for (const path of [dir, join(dir, 'data')]) chownSync(path, uid!, gid!);
  return [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
}

async function runAs(as: readonly string[], command: readonly string[], cwd: string): Promise<void> {
  await run('setpriv', [...as, ...command], { cwd, timeoutMs: 120_000 });
}

function programIn(folders: readonly string[], name: string, debianPackage: string): string {
  const path = folders.map((folder) => join(folder, name)).find(existsSync);
  if (!path) throw new Error(`${name} is not installed: apt-get install ${debianPackage}`);
  return path;
}

function postgresBin(): string {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const bin = versions.map((version) => join(root, version, 'bin')).find((path) => existsSync(join(path, 'initdb')));
  if (!bin) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
  return bin;
}
