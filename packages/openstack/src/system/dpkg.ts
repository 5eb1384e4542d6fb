import { spawnSync } from 'node:child_process';

/** Those of the Debian packages that are not installed. */
export function lackingPackages(names: readonly string[]): string[] {
  return names.filter((name) => {
    const { status, stdout } = spawnSync('dpkg', ['--status', name], { encoding: 'utf8' });
    return status !== 0 || !/^Status: install ok installed$/m.test(stdout);
  });
}
