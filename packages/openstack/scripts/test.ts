/**
 * `npm test`: every unit, API, driver and flow test, then the whole-cloud tests one after the other.
 * `--unit` or `--e2e` runs only the one half. Needs the packages that `kumo test` installs.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const only = process.argv.find((argument) => argument === '--unit' || argument === '--e2e');

interface Suite {
  name: string;
  patterns: string[];
  concurrency: number;
  timeoutMs: number;
}

const suites: Suite[] = [
  {
    name: '--unit',
    patterns: ['packages/*/src/**/*.test.ts', 'packages/!(e2e)/test/**/*.test.ts'],
    concurrency: 2,
    timeoutMs: 300_000,
  },
  { name: '--e2e', patterns: ['packages/e2e/test/**/*.test.ts'], concurrency: 1, timeoutMs: 900_000 },
];

let failed = false;
for (const { name, patterns, concurrency, timeoutMs } of suites) {
  if (only && only !== name) continue;
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: root })).sort();
  const { status } = spawnSync(
    process.execPath,
    [
      '--no-maglev',
      '--disable-warning=ExperimentalWarning',
      '--test',
      `--test-concurrency=${concurrency}`,
      `--test-timeout=${timeoutMs}`,
      ...files,
    ],
    // The services' own suites run on SQLite alone unless they are told to run on MariaDB and PostgreSQL as well.
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, KUMO_TEST_DATABASES: process.env.KUMO_TEST_DATABASES ?? 'all' },
    },
  );
  if (status !== 0) failed = true;
}
process.exit(failed ? 1 : 0);
