import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../cli/command-error.ts';

/** A program that Kumo starts, the Debian package that has it, and what cannot be done without it. */
export interface Requirement {
  program: string;
  package: string;
  why: string;
}

export const RUN_REQUIREMENTS: readonly Requirement[] = [
  { program: 'qemu-system-x86_64', package: 'qemu-system-x86', why: 'runs the guests' },
  { program: 'qemu-img', package: 'qemu-utils', why: 'makes disks' },
  { program: 'qemu-storage-daemon', package: 'qemu-system-common', why: 'exports volumes' },
  { program: 'ip', package: 'iproute2', why: 'makes bridges, taps and namespaces' },
  { program: 'nft', package: 'nftables', why: 'filters and translates packets' },
  { program: 'conntrack', package: 'conntrack', why: 'ends connections that are no longer allowed' },
  { program: 'arping', package: 'iputils-arping', why: 'announces floating IPs' },
  { program: 'dnsmasq', package: 'dnsmasq-base', why: 'gives guests their addresses' },
  { program: 'perl', package: 'perl-base', why: 'gives taps to their guests' },
  { program: 'genisoimage', package: 'genisoimage', why: 'makes config drives' },
  { program: 'sysctl', package: 'procps', why: 'lets routers forward packets' },
  { program: 'modprobe', package: 'kmod', why: 'loads what the packet filter needs' },
  { program: 'ssh', package: 'openssh-client', why: 'reaches the guests' },
];

export const TEST_REQUIREMENTS: readonly Requirement[] = [
  { program: 'openstack', package: 'python3-openstackclient', why: 'is the official client' },
  { program: 'mariadbd', package: 'mariadb-server', why: 'is tested against' },
  { program: 'pg_ctlcluster', package: 'postgresql', why: 'is tested against' },
  { program: 'slapd', package: 'slapd', why: 'is tested against' },
  { program: 'openssl', package: 'openssl', why: 'makes certificates for servers that are tested against' },
  { program: 'rabbitmq-server', package: 'rabbitmq-server', why: 'is tested against' },
  { program: 'haproxy', package: 'haproxy', why: 'stands before several Keystones' },
  { program: 'keystone-wsgi-public', package: 'keystone', why: "is OpenStack's own, which ours is compared with" },
  { program: 'swift-proxy-server', package: 'swift-proxy', why: 'brings the token filter of real services' },
  { program: 'swift-account-server', package: 'swift-account', why: 'answers behind swift-proxy' },
  { program: 'wrk', package: 'wrk', why: 'measures requests per second' },
  { program: 'socat', package: 'socat', why: 'speaks to sockets as a foreign program' },
  { program: 'curl', package: 'curl', why: 'sends requests that no client of ours would send' },
  { program: 'ping', package: 'iputils-ping', why: 'sees which guests reach which' },
  { program: 'tcpdump', package: 'tcpdump', why: 'sees what guests and routers announce' },
  { program: 'busybox', package: 'busybox-static', why: 'asks for addresses as a guest does' },
];

/** Packages without a program that tests use. */
export const TEST_LIBRARIES: readonly string[] = ['python3-botocore', 'python3-oslo.policy'];

const DIRECTORIES = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export function isInstalled(program: string): boolean {
  return DIRECTORIES.some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export function missing(requirements: readonly Requirement[]): Requirement[] {
  return requirements.filter(({ program }) => !isInstalled(program));
}

/** Debian package names, one per line, as a script of the project lists them (`#` begins a comment). */
export function packageList(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter(Boolean);
}

/**
 * Installs Debian packages as root or through a sudo that asks nothing.
 *
 * @param say is told what happens, for it takes a while.
 * @throws CommandError with the one line to run when this user may not install, or when apt failed.
 */
export function installPackages(names: readonly string[], say: (line: string) => void): void {
  const wanted = [...new Set(names)];
  if (wanted.length === 0) return;
  const apt = [
    'apt-get',
    '-y',
    '-q',
    '--no-install-recommends',
    '-o',
    'Dpkg::Options::=--force-confdef',
    '-o',
    'Dpkg::Options::=--force-confold',
    'install',
    ...wanted,
  ];
  const line = `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${wanted.join(' ')}`;
  if (!existsSync('/usr/bin/apt-get'))
    throw new CommandError(
      `these programs' packages are missing and this is no Debian or Ubuntu: install ${wanted.join(' ')} yourself`,
    );
  const isRoot = process.getuid?.() === 0;
  const prefix = isRoot ? [] : ['sudo', '-n'];
  if (!isRoot && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0) {
    throw new CommandError(`some system packages are missing; run this line once, then try again:\n  ${line}`);
  }
  say(`installing system packages: ${wanted.join(' ')} ...`);
  const withServicesOff = ['env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1'];
  for (const command of [['apt-get', '-q', 'update'], apt]) {
    const [program, ...args] = [...prefix, ...withServicesOff, ...command] as [string, ...string[]];
    const { status, stdout, stderr } = spawnSync(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      timeout: 1_200_000,
    });
    if (status === 0) continue;
    throw new CommandError(
      `${command.slice(0, 3).join(' ')} failed (${`${stdout}${stderr}`.trim().split('\n').slice(-3).join(' ')}); mend it, or run this line yourself:\n  ${line}`,
    );
  }
}
