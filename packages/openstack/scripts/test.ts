/**
 * `npm test`: every unit, API, driver and flow test, two files at a time, then the whole-cloud tests one after the other, with one
 * MariaDB and one PostgreSQL for all that only need databases on them. At the end: what took how long, what was skipped.
 *
 * `--unit`, `--e2e`: only the one half. `--fast`: what needs no servers, guests or root, on SQLite. `--shard 1/4`: every fourth file.
 * Needs the packages that `kumo test` installs.
 */
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startMariadb, startPostgres } from '../../core/src/testing/databases.ts';
import { serverVariables } from '../../core/src/testing/shared-servers.ts';
import { terminalProgress } from '../src/cli/progress.ts';
import { guestImage } from '../src/content/guest-image.ts';
import { NEEDS_MORE } from './test-needs.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const SLOWEST_SHOWN = 15;
/** Of more for one reason only their number is told. */
const MOST_SKIPPED_SHOWN = 20;
const EXEC_ARGV = ['--no-maglev', '--disable-warning=ExperimentalWarning'];

interface Suite {
  name: string;
  files: string[];
  concurrency: number;
  timeoutMs: number;
}

interface Report {
  failed: boolean;
  /** Seconds by file. */
  seconds: Map<string, number>;
  skipped: { why: string; test: string }[];
}

const { values } = parseArgs({
  options: {
    unit: { type: 'boolean' },
    e2e: { type: 'boolean' },
    fast: { type: 'boolean' },
    shard: { type: 'string' },
  },
});
const suites = suitesWanted();
const reports: Report[] = [];
// Before any test asks for it, so that no two build it at once.
if (!values.fast) process.env.KUMO_GUEST_IMAGE = await guestImage(terminalProgress);
{
  await using servers = values.fast ? undefined : await startServers();
  Object.assign(process.env, servers?.variables);
  for (const suite of suites) reports.push(await runSuite(suite));
}
summarise(reports);
process.exit(reports.some(({ failed }) => failed) ? 1 : 0);

function suitesWanted(): Suite[] {
  const inProcess = [
    'packages/*/src/**/*.test.ts',
    'packages/!(e2e)/test/**/*.test.ts',
    'packages/e2e/test/in-process/*.test.ts',
  ];
  const unit: Suite = {
    name: 'unit',
    files: filesOf(inProcess).filter((file) => !values.fast || !NEEDS_MORE.some((pattern) => pattern.test(file))),
    concurrency: Math.min(2, availableParallelism()),
    timeoutMs: 300_000,
  };
  const e2e: Suite = {
    name: 'e2e',
    files: filesOf(['packages/e2e/test/*.test.ts']),
    concurrency: 1,
    timeoutMs: 900_000,
  };
  if (values.fast || values.unit) return [unit];
  return values.e2e ? [e2e] : [unit, e2e];
}

/** The shard's part of them, dealt out in turn so that each shard has some of every package. */
function filesOf(patterns: readonly string[]): string[] {
  const all = patterns.flatMap((pattern) => globSync(pattern, { cwd: root })).sort();
  const [part, parts] = (values.shard ?? '1/1').split('/').map(Number);
  if (!part || !parts || part < 1 || part > parts) {
    process.stderr.write(`--shard ${values.shard}: give the part and their number, as in 1/4\n`);
    process.exit(2);
  }
  return all.filter((_, index) => index % parts === part - 1);
}

async function startServers() {
  const [mariadb, postgres] = await Promise.all([startMariadb(), startPostgres()]);
  return {
    variables: {
      KUMO_TEST_DATABASES: process.env.KUMO_TEST_DATABASES ?? 'all',
      ...serverVariables({ mariadb: mariadb.url(''), postgres: postgres.url('') }),
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all([mariadb.stop(), postgres.stop()])),
  };
}

async function runSuite({ files, concurrency, timeoutMs }: Suite): Promise<Report> {
  const report: Report = { failed: false, seconds: new Map(), skipped: [] };
  if (files.length === 0) return report;
  const stream = run({
    files: files.map((file) => `${root}${file}`),
    concurrency,
    timeout: timeoutMs,
    execArgv: EXEC_ARGV,
  });
  stream.on('test:fail', ({ todo }) => {
    if (todo === undefined) report.failed = true;
  });
  stream.on('test:pass', ({ name, skip, file }) => {
    if (skip === undefined) return;
    const why = typeof skip === 'string' && skip !== '' ? skip : 'no reason given';
    report.skipped.push({ why, test: `${file ? relative(root, file) : ''}: ${name}` });
  });
  stream.on('test:summary', ({ file, success, duration_ms }) => {
    if (!success) report.failed = true;
    if (file !== undefined) report.seconds.set(relative(root, file), duration_ms / 1000);
  });
  stream.compose(new spec()).pipe(process.stdout, { end: false });
  await new Promise<void>((resolve, reject) => {
    stream.once('end', resolve);
    stream.once('error', reject);
  });
  return report;
}

function summarise(all: readonly Report[]): void {
  const seconds = all.flatMap((report) => [...report.seconds]).sort(([, a], [, b]) => b - a);
  const total = seconds.reduce((sum, [, one]) => sum + one, 0);
  const skipped = all.flatMap((report) => report.skipped);
  const lines = [
    '',
    `What took longest (${seconds.length} files, ${Math.round(total)} s in all):`,
    ...seconds.slice(0, SLOWEST_SHOWN).map(([file, one]) => `${one.toFixed(1).padStart(8)} s  ${file}`),
    ...[...Map.groupBy(skipped, ({ why }) => why)].flatMap(([why, tests]) => [
      '',
      `Skipped (${tests.length}): ${why}`,
      ...(tests.length > MOST_SKIPPED_SHOWN ? [] : tests.map(({ test }) => `  ${test}`)),
    ]),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
