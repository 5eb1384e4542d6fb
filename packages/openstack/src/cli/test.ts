import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { lackingPackages } from '../system/dpkg.ts';
import { installPackages, missing, packageList, RUN_REQUIREMENTS, TEST_REQUIREMENTS } from '../system/packages.ts';
import type { Progress } from './progress.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/** `kumo test`: installs what the suite needs, then runs it. Returns the suite's exit code. */
export function testCommand(options: { unit?: boolean; e2e?: boolean }, progress: Progress): number {
  const lacking = missing([...RUN_REQUIREMENTS, ...TEST_REQUIREMENTS]).map((requirement) => requirement.package);
  installPackages([...lacking, ...lackingPackages(packageList(`${ROOT}packages/guest/packages.txt`))], progress.say);
  const half = options.unit ? ['--unit'] : options.e2e ? ['--e2e'] : [];
  const { status } = spawnSync(process.execPath, [`${ROOT}packages/openstack/scripts/test.ts`, ...half], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  return status ?? 1;
}
