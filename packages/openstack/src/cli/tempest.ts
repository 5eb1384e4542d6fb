import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/** `kumo tempest`: Debian's Tempest against a cloud of its own. Returns the run's exit code. */
export function tempestCommand(area: string, options: { json?: boolean; only?: string; workers: string }): number {
  const program = `${ROOT}packages/e2e/tempest/run.ts`;
  const given = [
    ...(options.json ? ['--json'] : []),
    ...(options.only === undefined ? [] : ['--only', options.only]),
    '--workers',
    options.workers,
  ];
  const { status } = spawnSync(process.execPath, ['--no-maglev', program, area, ...given], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  return status ?? 1;
}
