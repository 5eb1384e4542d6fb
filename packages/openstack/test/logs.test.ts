/** `kumo logs --follow`: every line once and whole, however it was written. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const DEADLINE_MS = 20_000;

test('lines that come while it follows are shown, each once and whole', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'kumo-logs-'));
  const file = join(stateDir, 'log', 'keystone.log');
  mkdirSync(join(stateDir, 'log'));
  writeFileSync(file, 'before\n');
  const args = ['--no-maglev', '--disable-warning=ExperimentalWarning', MAIN, 'logs', 'keystone', '--follow'];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, KUMO_STATE: stateDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const shown: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => shown.push(line));
  const until = async (lines: readonly string[]) => {
    for (const deadline = Date.now() + DEADLINE_MS; shown.length < lines.length; await sleep(20))
      assert.ok(Date.now() < deadline, `shown: ${shown.join(', ')}`);
    assert.deepEqual(shown, lines);
  };
  try {
    await until(['before']);
    appendFileSync(file, 'one\n');
    await until(['before', 'one']);
    appendFileSync(file, 'two\nthree\nfo');
    await until(['before', 'one', 'two', 'three']);
    appendFileSync(file, 'ur ü\n');
    await until(['before', 'one', 'two', 'three', 'four ü']);
    // logrotate's copytruncate.
    writeFileSync(file, 'five\n');
    await until(['before', 'one', 'two', 'three', 'four ü', 'five']);
  } finally {
    if (child.exitCode === null) {
      child.kill();
      await once(child, 'close');
    }
    rmSync(stateDir, { recursive: true, force: true });
  }
});
