/**
 * `kumo tempest AREA`: Debian's Tempest with its plugins against a cloud of its own, compared with what real OpenStack passes.
 * Exit code 1 when something does not pass and there is no reason beside it (`areas/`).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { lackingPackages } from '../../openstack/src/system/dpkg.ts';
import { installPackages } from '../../openstack/src/system/packages.ts';
import { Cloud } from '../src/cloud.ts';
import type { Area } from './area.ts';
import { AREAS } from './areas.ts';
import { type Comparison, compare, type Listed, type Result, readFloor } from './compare.ts';
import { prepareContent } from './content.ts';
import { tempestConf } from './tempest-conf.ts';

const PYTHON = '/usr/bin/python3';
const SHOW_EVERY_MS = 10_000;
/** Debian's Tempest sleeps for 10 s before it deletes a subnet, each time. */
const WITHOUT_PAUSES = `import sys, time
_sleep = time.sleep
def sleep(seconds):
    if seconds == 10 and sys._getframe(1).f_code.co_name == 'delete_subnet':
        return
    _sleep(seconds)
time.sleep = sleep
`;
const say = (line: string) => process.stderr.write(`${line}\n`);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, only: { type: 'string' }, workers: { type: 'string', default: '2' } },
});
const [name = ''] = positionals;
const area = AREAS[name];
if (!area) {
  say(`kumo tempest: there is no area "${name}"; there are: ${Object.keys(AREAS).join(', ')}`);
  process.exit(2);
}
process.exitCode = await main(name, area);

async function main(name: string, area: Area): Promise<number> {
  installPackages(lackingPackages([...area.packages]), say);
  const directory = mkdtempSync(join(tmpdir(), 'kumo-tempest-'));
  mkdirSync(join(directory, 'lock'));
  say(`bringing a cloud up; Tempest works in ${directory}`);
  const cloud = await Cloud.start(area.cloud);
  let results: Result[];
  try {
    writeFileSync(
      join(directory, 'tempest.conf'),
      tempestConf(cloud, area.settings(await prepareContent(cloud)), directory),
      { mode: 0o600 },
    );
    await runTests(directory, values.only ?? area.tests, values.workers);
    results = await readResults(directory);
  } finally {
    await cloud[Symbol.asyncDispose]();
  }
  const floor = readFloor(readFileSync(new URL(`floor/${name}.txt`, import.meta.url), 'utf8'));
  const only = new RegExp(values.only ?? area.tests);
  const comparison = compare(results, floor, area.reasons, (id) => only.test(id));
  if (values.json) process.stdout.write(`${JSON.stringify({ area: name, ...comparison }, null, 1)}\n`);
  else print(name, comparison);
  say(`details: ${directory}/results.jsonl and tempest.log`);
  const nothingRan = results.length === 0;
  return nothingRan || comparison.unexplained.length > 0 ? 1 : 0;
}

/** Runs the tests that match; their outcome is in `results.subunit`. */
async function runTests(directory: string, pattern: string, workers: string): Promise<void> {
  const stestr = [
    '[DEFAULT]',
    'test_path=/usr/lib/python3/dist-packages/tempest/test_discover',
    'top_dir=/usr/lib/python3/dist-packages/',
    // Tests of one class share what the class made.
    'group_regex=([^\\.]*\\.)*',
    '',
  ].join('\n');
  writeFileSync(join(directory, '.stestr.conf'), stestr);
  writeFileSync(join(directory, 'sitecustomize.py'), WITHOUT_PAUSES);
  const env = {
    ...process.env,
    PYTHON,
    PYTHONPATH: directory,
    TEMPEST_CONFIG_DIR: directory,
    TEMPEST_CONFIG: 'tempest.conf',
  };
  await ended(spawn('stestr', ['init'], { cwd: directory, env, stdio: 'ignore' }));
  const child = spawn('stestr', ['run', '--concurrency', workers, '--subunit', pattern], {
    cwd: directory,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  const startedMs = Date.now();
  const progress = setInterval(
    () => say(`running: ${Math.round((Date.now() - startedMs) / 1000)} s, ${Math.round(bytes / 1024)} KiB of results`),
    SHOW_EVERY_MS,
  );
  try {
    // Its exit code says whether all tests passed: the comparison says more.
    await Promise.all([
      pipeline(child.stdout, createWriteStream(join(directory, 'results.subunit'))),
      once(child, 'close'),
    ]);
  } finally {
    clearInterval(progress);
  }
}

async function readResults(directory: string): Promise<Result[]> {
  const child = spawn(PYTHON, [new URL('read-results.py', import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = join(directory, 'results.jsonl');
  await Promise.all([
    pipeline(createReadStream(join(directory, 'results.subunit')), child.stdin),
    pipeline(child.stdout, createWriteStream(lines)),
    ended(child),
  ]);
  return readFileSync(lines, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Result)
    .filter(({ id }) => id !== 'stdout');
}

async function ended(child: ReturnType<typeof spawn>): Promise<void> {
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${child.spawnfile} ended with exit code ${code}`);
}

/** Totals, what is gained, then what does not pass by its reason, and last what has none. */
function print(area: string, comparison: Comparison): void {
  const { counts, floorPasses, floorPassesHere, lost, gained, rest, unexplained } = comparison;
  const explained = [...lost, ...rest].filter((one) => !unexplained.includes(one));
  const lines = [
    ...gained.map((one) => `gain  ${one.id} (${one.floor} there)`),
    ...[...Map.groupBy(explained, ({ reason }) => reason ?? '')].flatMap(([reason, tests]) => [
      `${tests.length} for this reason: ${reason}`,
      ...tests.map(({ id, status, floor }) => `  ${status}  ${id}${floor === 'pass' ? ' (passes there)' : ''}`),
    ]),
    ...unexplained.map((one) => `OPEN  ${withError(one)}`),
    `${area}: ${counts.pass} passed, ${counts.fail} failed, ${counts.skip} skipped, ${counts.cut} cut`,
    `of ${floorPasses} that pass on real OpenStack (Zed), ${floorPassesHere} pass here; ${gained.length} gained;`,
    `${explained.length} do not pass for a reason that is named above, ${unexplained.length} for none`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function withError({ id, status, floor, error }: Listed): string {
  return `${id}: ${status}, ${floor ?? 'not run'} there\n${(error ?? '').replace(/^/gm, '        ')}`;
}
