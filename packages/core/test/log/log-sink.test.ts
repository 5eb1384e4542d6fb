import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '../../src/log/index.ts';
import { renderPrometheus } from '../../src/telemetry/index.ts';
import { noSmallDisk, smallDisk } from '../../src/testing/small-disk.ts';
import { until } from '../../src/testing/until.ts';

const LOG = new URL('../../src/log/index.ts', import.meta.url).href;
const skip = noSmallDisk;
const directory = mkdtempSync(join(tmpdir(), 'kumo-log-'));

after(() => rmSync(directory, { recursive: true, force: true }));

test('on a full disk a logger goes on, keeps what fits into its buffer, counts what it loses and says so when there is room', {
  skip,
}, async () => {
  using disk = smallDisk(8);
  const file = join(disk.path, 'one.log');
  const log = createLogger({ service: 'filled', file });
  log.info('before');
  await until(() => lines(file).length === 1);
  disk.fill();
  // More than fits into the buffer and what is left of the file's last block.
  for (let i = 0; i < 3_000; i++) log.info({ i, text: 'x'.repeat(500) }, 'many');
  log.fatal('a fatal line flushes, and must not wait for room');
  await sleep(50);
  const lost = Number(/kumo_log_lines_lost_total\{service="filled"\} (\d+)/.exec(await renderPrometheus())?.[1]);
  assert.ok(lost > 500 && lost < 3_000, `${lost} lost`);
  disk.free();
  await until(() => lines(file).some(({ linesLost }) => linesLost !== undefined));
  const after = lines(file);
  const kept = after.flatMap(({ i }) => i ?? []);
  assert.deepEqual(kept, [...kept.keys()], 'the oldest are kept, in their order, each once');
  assert.equal(kept.length + lost, 3_000);
  assert.ok(after.some(({ msg }) => msg?.startsWith('a fatal line')));
  const said = after.filter(({ linesLost }) => linesLost !== undefined);
  assert.deepEqual(
    said.map(({ linesLost, msg, err }) => [linesLost, msg, err?.code]),
    [[lost, 'the log can be written again', 'ENOSPC']],
  );
  log.info('afterwards');
  await until(() => lines(file).at(-1)?.msg === 'afterwards');
});

test('a log file that cannot be made yet is made as soon as it can be', { skip }, async () => {
  using disk = smallDisk(1);
  disk.remount('ro');
  const file = join(disk.path, 'later', 'two.log');
  const log = createLogger({ service: 'late', file });
  log.info('waits');
  await sleep(50);
  disk.remount('rw');
  await until(() => lines(file).length === 2);
  assert.equal(lines(file)[0]?.msg, 'waits');
  assert.match(lines(file)[1]?.err?.code ?? '', /^(EROFS|ENOENT)$/);
});

for (const end of ['fatal', 'exit', 'throw'])
  test(`a process whose log is on a full disk ends in time (${end})`, () => {
    const code = `
      const { createLogger } = await import(${JSON.stringify(LOG)});
      const log = createLogger({ service: 'x', file: '/dev/full' });
      log.info('one');
      await new Promise((resolve) => setTimeout(resolve, 50));
      log.fatal('two');
      ${end === 'exit' ? 'process.exit(0)' : end === 'throw' ? "setTimeout(() => { throw new Error('mine') })" : ''}`;
    const { status, signal, stderr } = run(code);
    assert.equal(signal, null, 'it hung');
    if (end === 'throw') assert.match(stderr, /mine/);
    assert.equal(status, end === 'throw' ? 1 : 0, stderr);
  });

test('a process whose reader is gone goes on, and its end is its own', async () => {
  const code = `
    const { createLogger } = await import(${JSON.stringify(LOG)});
    const log = createLogger({ service: 'x' });
    for (let i = 0; i < 20; i++) { log.info('line'); await new Promise((resolve) => setTimeout(resolve, 10)); }
    process.exitCode = 7;`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.destroy();
  const [status, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('exit', (...ended) => resolve(ended)),
  );
  assert.deepEqual([status, signal], [7, null]);
});

test('what waits at the end of a process is written, each line once', () => {
  const file = join(directory, 'end.log');
  const code = `
    const { createLogger } = await import(${JSON.stringify(LOG)});
    const log = createLogger({ service: 'x', file: ${JSON.stringify(file)} });
    for (let i = 0; i < 1000; i++) {
      log.info({ i }, 'line');
      if (i % 100 === 50) await new Promise((resolve) => setImmediate(resolve));
    }
    process.exit(0);`;
  assert.equal(run(code).status, 0);
  assert.deepEqual(
    lines(file)
      .map(({ i }) => i!)
      // What was being written when the process ended may come after what was not.
      .sort((one, other) => one - other),
    Array.from({ length: 1000 }, (_, i) => i),
  );
});

function run(code: string) {
  const args = ['--input-type=module', '-e', code];
  return spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 10_000, killSignal: 'SIGKILL' });
}

function lines(file: string): { msg?: string; i?: number; linesLost?: number; err?: { code?: string } }[] {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}
