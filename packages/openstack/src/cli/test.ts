import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { lackingPackages } from '../system/dpkg.ts';
import {
  installPackages,
  missing,
  packageList,
  RUN_REQUIREMENTS,
  TEST_LIBRARIES,
  TEST_REQUIREMENTS,
} from '../system/packages.ts';
import type { Progress } from './progress.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/** `kumo test`: installs what the suite needs, then runs it. Returns the suite's exit code. */
export function testCommand(
  options: { unit?: boolean; e2e?: boolean; fast?: boolean; shard?: string },
  progress: Progress,
): number {
  const lacking = missing([...RUN_REQUIREMENTS, ...TEST_REQUIREMENTS]).map((requirement) => requirement.package);
  const libraries = lackingPackages([...TEST_LIBRARIES, ...packageList(`${ROOT}packages/guest/packages.txt`)]);
  installPackages([...lacking, ...libraries], progress.say);
  const given = (['unit', 'e2e', 'fast'] as const).filter((name) => options[name]).map((name) => `--${name}`);
  if (options.shard !== undefined) given.push('--shard', options.shard);
  const { status } = spawnSync(process.execPath, [`${ROOT}packages/openstack/scripts/test.ts`, ...given], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  return status ?? 1;
}
