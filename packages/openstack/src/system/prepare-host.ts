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
