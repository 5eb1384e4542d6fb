import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { CommandError } from '../cli/command-error.ts';
import type { Progress } from '../cli/progress.ts';
import { daemonsOf } from '../cloud/process.ts';
import type { KumoConfig } from '../config/schema.ts';
import { GUEST_USER } from './guest-user.ts';
import { installPackages, missing, RUN_REQUIREMENTS } from './packages.ts';

/**
 * Installs missing packages and makes the guests' user, where this node's daemons need them. Cheap when nothing is missing.
 *
 * @throws CommandError when something cannot be had, or real networks are asked for without root.
 */
export async function prepareHost(config: KumoConfig, progress: Progress): Promise<void> {
  const daemons = new Set<string>(daemonsOf(config).map(({ name }) => name));
  const hasNetworks =
    config.neutron.dataplane === 'linux' && [...daemons].some((name) => /^neutron-.*-agent$/.test(name));
  const hasGuests = config.nova.compute.driver === 'qemu' && daemons.has('nova-compute');
  const hasVolumes = config.cinder.driver === 'file' && daemons.has('cinder-volume');
  if (!hasNetworks && !hasGuests && !hasVolumes) return;
  const isRoot = process.getuid?.() === 0;
  if (hasNetworks && !isRoot) {
    throw new CommandError(
      'bridges, taps and network namespaces need root: run this with sudo, or set neutron.dataplane: fake and nova.compute.driver: fake in kumo.yaml to try the APIs alone',
    );
  }
  const lacking = missing(RUN_REQUIREMENTS).map((requirement) => requirement.package);
  if (lacking.length > 0)
    await progress.during('installing system packages', async () => installPackages(lacking, progress.say));
  if (isRoot) ensureGuestUser();
  if (isRoot && hasGuests && config.nova.compute.hideProcesses) hideProcesses(progress);
}

/**
 * A process that broke out of one guest must not read from /proc what others run, with which arguments and paths. Linux hides
 * that for a whole /proc only, so it is hidden from every unprivileged user of the host, once until the next boot.
 */
function hideProcesses(progress: Progress): void {
  const proc = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .findLast((line) => line.split(' ')[1] === '/proc');
  if (proc?.includes('hidepid=')) return;
  // By its number, which older kernels know too.
  const { status, stderr } = spawnSync('mount', ['-o', 'remount,hidepid=2', '/proc'], { encoding: 'utf8' });
  if (status !== 0)
    progress.say(
      `guests could read what runs on this host: /proc cannot be mounted with hidepid=2 (${stderr.trim()}); set nova.compute.hideProcesses: false if that is meant`,
    );
}

function ensureGuestUser(): void {
  if (new RegExp(`^${GUEST_USER}:`, 'm').test(readFileSync('/etc/passwd', 'utf8'))) return;
  const { status, stderr } = spawnSync(
    'useradd',
    [
      '--system',
      '--user-group',
      '--no-create-home',
      '--home-dir',
      '/nonexistent',
      '--shell',
      '/usr/sbin/nologin',
      GUEST_USER,
    ],
    { encoding: 'utf8' },
  );
  // 9: another `kumo up` has made it meanwhile.
  if (status !== 0 && status !== 9)
    throw new CommandError(`the user ${GUEST_USER}, as which guests run, could not be made: ${stderr.trim()}`);
}
