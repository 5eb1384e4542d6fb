/** A private slapd for tests: a configuration, a port and a data directory of its own; it ends with the test's process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '@kumo/core/exec';
import { freePorts } from '../../../core/src/testing/free-ports.ts';

export const SUFFIX = 'dc=example,dc=org';
export const MANAGER = `cn=manager,${SUFFIX}`;
export const MANAGER_PASSWORD = 'manager-s3cret';

const PROGRAM = '/usr/sbin/slapd';
const USER = 'openldap';

/** Why these tests cannot run; false when they can. */
export const lacksSlapd = existsSync(PROGRAM) ? false : 'slapd is not installed: apt-get install slapd';

/** Attributes that real directories have for enabling and locking accounts. */
const SCHEMA = `attributetype ( 1.3.6.1.4.1.61723.1.1 NAME 'enabled' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.61723.1.2 NAME 'userAccountControl' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.61723.1.3 NAME 'locked' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.61723.1.4 NAME 'projectId' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.3.6.1.4.1.61723.2.1 NAME 'account2' SUP top AUXILIARY MAY ( enabled $ userAccountControl $ locked $ projectId ) )
`;

export interface Slapd {
  readonly port: number;
  readonly tlsPort: number;
  /** ldap:// by name or address. */
  readonly url: string;
  readonly tlsUrl: string;
  /** The authority that signed the server's certificate. */
  readonly caFile: string;
  readonly dir: string;
  /** SIGSTOP: connections are accepted by the kernel, and nobody answers. */
  freeze(): void;
  thaw(): void;
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** What it has done so far, one line an operation. */
  log(): string;
}

/** @param ldif what is in the directory. */
export async function startSlapd(ldif: string): Promise<Slapd> {
  const dir = mkdtempSync(join(tmpdir(), 'kumo-slapd-'));
  mkdirSync(join(dir, 'data'));
  const [port = 0, tlsPort = 0] = await freePorts(2);
  await makeCertificates(dir);
  writeFileSync(join(dir, 'kumo.schema'), SCHEMA);
  writeFileSync(join(dir, 'slapd.conf'), configuration(dir), { mode: 0o600 });
  writeFileSync(join(dir, 'data.ldif'), ldif);
  const as = await unprivileged(dir);
  const load = ['/usr/sbin/slapadd', '-q', '-f', join(dir, 'slapd.conf'), '-l', join(dir, 'data.ldif')];
  await run('setpriv', [...as, ...load], { cwd: dir, timeoutMs: 60_000 });
  let child: ChildProcess | undefined;
  const start = async () => {
    const output = openSync(join(dir, 'log'), 'a', 0o600);
    const urls = `ldap://127.0.0.1:${port}/ ldaps://127.0.0.1:${tlsPort}/`;
    const args = [...as, '--pdeathsig=KILL', PROGRAM, '-d', 'stats', '-h', urls, '-f', join(dir, 'slapd.conf')];
    child = spawn('setpriv', args, { cwd: dir, stdio: ['ignore', output, output] });
    closeSync(output);
    child.unref();
    await answering(child, port, dir);
  };
  const kill = async () => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    running.ref();
    const gone = once(running, 'exit');
    running.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    port,
    tlsPort,
    url: `ldap://127.0.0.1:${port}`,
    tlsUrl: `ldaps://localhost:${tlsPort}`,
    caFile: join(dir, 'ca.pem'),
    dir,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    kill,
    start,
    stop: async () => {
      await kill();
      rmSync(dir, { recursive: true, force: true });
    },
    log: () => readFileSync(join(dir, 'log'), 'utf8'),
  };
}

function configuration(dir: string): string {
  const schemas = ['core', 'cosine', 'inetorgperson', 'nis'].map((name) => `include /etc/ldap/schema/${name}.schema`);
  return [
    ...schemas,
    `include ${dir}/kumo.schema`,
    'modulepath /usr/lib/ldap',
    'moduleload back_mdb',
    `pidfile ${dir}/pid`,
    `TLSCACertificateFile ${dir}/ca.pem`,
    `TLSCertificateFile ${dir}/server.pem`,
    `TLSCertificateKeyFile ${dir}/server.key`,
    'threads 4',
    'database mdb',
    `suffix "${SUFFIX}"`,
    `rootdn "${MANAGER}"`,
    `rootpw ${MANAGER_PASSWORD}`,
    `directory ${dir}/data`,
    'maxsize 268435456',
    'dbnosync',
    'index objectClass,cn,uid,sn,member,memberUid eq',
    'access to attrs=userPassword by anonymous auth by * none',
    'access to * by * read',
    '',
  ].join('\n');
}

/** An authority of its own, and a certificate for `localhost` alone, so that 127.0.0.1 is another's name. */
async function makeCertificates(dir: string): Promise<void> {
  const openssl = (...args: string[]) => run('openssl', args, { cwd: dir, timeoutMs: 30_000 });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test CA');
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '2'];
  await openssl('req', '-x509', ...key, ...authority, ...names, '-keyout', 'server.key', '-out', 'server.pem');
}

/** Root gives its rights and the directory up. */
async function unprivileged(dir: string): Promise<string[]> {
  if (process.getuid?.() !== 0) return [];
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`${USER}:`));
  if (!entry) throw new Error(`There is no user ${USER}: install slapd`);
  const [, , uid, gid] = entry.split(':').map(Number);
  for (const name of ['', 'data', 'slapd.conf', 'server.key']) chownSync(join(dir, name), uid as number, gid as number);
  return [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
}

async function answering(child: ChildProcess, port: number, dir: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    if (await accepts(port)) return;
    await sleep(50);
  }
  throw new Error(`slapd did not start: ${readFileSync(join(dir, 'log'), 'utf8').slice(-1000)}`);
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    // Not there yet: the caller asks again.
    return false;
  } finally {
    socket.destroy();
  }
}
