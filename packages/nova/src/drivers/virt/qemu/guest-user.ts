import { chmod, readFile, stat } from 'node:fs/promises';
import { DriverError } from '@kumo/core/errors';
import type { Owner } from './instance-files.ts';
import { isMissing } from './instance-files.ts';

/**
 * The unprivileged user that guests run as. Not by QEMU's `-runas`: that cannot be combined with the sandbox's
 * `elevateprivileges=deny` (QEMU 7.2 is killed by its own filter), and would leave files to be opened as root first.
 *
 * @returns undefined when this process is not root: guests then run as its own user.
 * @throws DriverError when there is no such user.
 */
export async function resolveGuestUser(name: string): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) {
    throw new DriverError(
      `there is no user ${name} to run guests as: create it with  useradd --system --no-create-home --shell /usr/sbin/nologin ${name}`,
    );
  }
  if (uid === '0') throw new DriverError(`guests must not run as root: set another guest user than ${name}`);
  return { uid: Number(uid), gid: Number(gid) };
}

/** The command that becomes `program` as that user; setpriv (util-linux) replaces itself, so the pid stays. */
export async function commandAs(
  owner: Owner | undefined,
  program: string,
  args: string[],
  kvm: boolean,
): Promise<[string, string[]]> {
  if (!owner) return [program, args];
  const kvmGroup = kvm ? await groupOf('/dev/kvm') : 0;
  const groups = kvmGroup > 0 ? ['--groups', String(kvmGroup)] : ['--clear-groups'];
  const drop = [
    '--reuid',
    String(owner.uid),
    '--regid',
    String(owner.gid),
    ...groups,
    '--no-new-privs',
    '--inh-caps',
    '-all',
  ];
  return ['setpriv', [...drop, '--', program, ...args]];
}

/**
 * Taps are opened by the guest's user. Linux gives /dev/net/tun to everybody and checks each interface's owner instead;
 * where a bare system left the node to root (no udev), it gets the kernel's own default mode back.
 *
 * @throws DriverError when the interface is missing or belongs to somebody else.
 */
export async function checkTap(name: string, owner: Owner | undefined): Promise<void> {
  const text = await readFile(`/sys/class/net/${name}/owner`, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) throw new DriverError(`there is no tap interface ${name}`, { retryable: true });
    throw error;
  });
  const uid = owner?.uid ?? process.getuid?.();
  if (Number(text) !== uid) {
    throw new DriverError(
      `the tap ${name} belongs to user ${text.trim()}, but the guest runs as ${uid}: create it with  ip tuntap add dev ${name} mode tap user ${uid}`,
    );
  }
  if (owner && ((await stat('/dev/net/tun')).mode & 0o006) !== 0o006) await chmod('/dev/net/tun', 0o666);
}

async function groupOf(path: string): Promise<number> {
  try {
    return (await stat(path)).gid;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}
