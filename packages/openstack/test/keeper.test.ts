/** The shell that starts a process again: when it does, and when it ends with it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { kept, readRestarts } from '../src/system/keeper.ts';

const directory = mkdtempSync(join(tmpdir(), 'kumo-keeper-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** Keeps a shell's script; `ready` in it tells the keeper. */
async function keep(name: string, script: string): Promise<{ code: number | null; tries: number; notes: string }> {
  const home = join(directory, name);
  mkdirSync(home);
  const tries = join(directory, `${name}.tries`);
  const command = ['bash', '-c', `ready() { : > "$KUMO_READY"; }; echo >> ${tries}; home=${home}; ${script}`];
  const [program, args] = kept(name, join(home, 'notes.json'), command);
  const keeper = spawn(program, args, { stdio: 'ignore', timeout: 20_000 });
  const [code] = await once(keeper, 'exit');
  return { code, tries: readFileSync(tries, 'utf8').length, notes: join(home, 'notes.json') };
}

test('a first start that fails is not repeated, a good end neither', async () => {
  const failed = await keep('failed', 'exit 7');
  assert.deepEqual([failed.code, failed.tries], [7, 1]);
  // It says that it is ready and ends in the same moment.
  const ended = await Promise.all(Array.from({ length: 20 }, (_, index) => keep(`ended${index}`, 'ready; exit 0')));
  assert.deepEqual(
    ended.map(({ code, tries }) => [code, tries]),
    ended.map(() => [0, 1]),
  );
});

test('one that was ready is started again until it ends well, and leaves no notes then', async () => {
  const three = `[ $(wc -l < ${directory}/again.tries) -ge 3 ] && exit 0; ready; sleep 0.2; kill -9 $$`;
  const { code, tries, notes } = await keep('again', three);
  assert.deepEqual([code, tries, readRestarts(notes)], [0, 3, undefined]);
});

test('it ends when its directory is gone', async () => {
  const { tries } = await keep('gone', 'ready; sleep 0.2; rm -r $home; exit 1');
  assert.equal(tries, 1);
});
