import { chmod, readFile, stat } from 'node:fs/promises';
import type { Ids } from '@kumo/core/confine';
import { DriverError } from '@kumo/core/errors';
import { run } from '@kumo/core/exec';
import { isMissing } from './instance-files.ts';

/**
 * TUNSETIFF (as a tap without packet information), then TUNSETOWNER. Neither Node nor `ip` can change the owner of an
 * interface that exists; Perl's base is part of every Debian.
 */
const SET_OWNER = `
my ($tap, $uid) = @ARGV;
open(my $tun, '+<', '/dev/net/tun') or die "/dev/net/tun: $!\\n";
ioctl($tun, 0x400454ca, my $request = pack('a16 s x22', $tap, 0x1002)) or die "$tap cannot be opened: $!\\n";
ioctl($tun, 0x400454cc, $uid + 0) or die "$tap cannot be given away: $!\\n";
`;

/**
 * Makes the tap the guest's own: QEMU opens it by name as the guest's user, and no other guest can. Idempotent; an interface
 * that is the guest's already may be in use.
 *
 * @param ids undefined where Kumo is not root: it then must be this process' user's already.
 * @throws DriverError when the interface is missing (retryable: its agent makes it), or cannot be given to the guest.
 */
export async function ensureTapOwner(name: string, ids: Ids | undefined): Promise<void> {
  const uid = ids?.uid ?? process.getuid?.();
  const owner = await ownerOf(name);
  if (owner !== uid && ids) await run('perl', ['-e', SET_OWNER, name, String(uid)], { from: 'nova-compute' });
  if (owner !== uid && !ids) {
    throw new DriverError(
      `the tap ${name} belongs to user ${owner}, but the guest runs as ${uid}: create it with  ip tuntap add dev ${name} mode tap user ${uid}`,
    );
  }
  // Linux gives /dev/net/tun to everybody and checks each interface's owner instead; where a bare system left the node to root
  // (no udev), it gets the kernel's own default mode back.
  if (ids && ((await stat('/dev/net/tun')).mode & 0o006) !== 0o006) await chmod('/dev/net/tun', 0o666);
}

async function ownerOf(name: string): Promise<number> {
  try {
    return Number(await readFile(`/sys/class/net/${name}/owner`, 'utf8'));
  } catch (error) {
    if (isMissing(error)) throw new DriverError(`there is no tap interface ${name}`, { retryable: true });
    throw error;
  }
}
