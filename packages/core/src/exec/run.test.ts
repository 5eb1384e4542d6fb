import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './index.ts';

test('programs speak English, in which their errors are read, whatever the operator speaks', async (t) => {
  const { LC_ALL, LANGUAGE } = process.env;
  t.after(() => Object.assign(process.env, { LC_ALL: LC_ALL ?? '', LANGUAGE: LANGUAGE ?? '' }));
  Object.assign(process.env, { LC_ALL: 'de_DE.UTF-8', LANGUAGE: 'de' });
  for (const env of [undefined, { OTHER: 'x' }]) {
    const { stdout } = await run('env', [], { env });
    assert.match(stdout, /^LC_ALL=C\.UTF-8$/m);
    assert.match(stdout, /^LANGUAGE=$/m);
    assert.equal(stdout.includes('OTHER=x'), env !== undefined);
  }
});
