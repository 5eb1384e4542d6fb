import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { DriverError } from '@kumo/core/errors';

const CAP_NET_ADMIN = 12n;
const CAP_SYS_ADMIN = 21n;

/** The programs that the drivers run, each with the Debian package that brings it. */
const PROGRAMS: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  bridge: 'iproute2',
  nft: 'nftables',
  conntrack: 'conntrack',
  dnsmasq: 'dnsmasq-base',
  nsenter: 'util-linux',
};

/**
 * Whether this process may make interfaces and namespaces, and has the programs for it.
 * @throws DriverError, not retryable, whose one sentence says what is missing and what to do.
 */
export function requireNetAdmin(): void {
  const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const effective = BigInt(`0x${hex}`);
  if (((effective >> CAP_NET_ADMIN) & 1n) === 0n || ((effective >> CAP_SYS_ADMIN) & 1n) === 0n) {
    throw new DriverError(
      'Networks need root (CAP_NET_ADMIN and CAP_SYS_ADMIN) on this host: start Kumo as root, or run its network agents on another node.',
    );
  }
  const missing = Object.keys(PROGRAMS).filter((program) => !isOnPath(program));
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((program) => PROGRAMS[program]))].join(' ');
    throw new DriverError(`Networks need ${missing.join(', ')} on this host: apt-get install ${packages}`);
  }
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
