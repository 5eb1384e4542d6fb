import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../src/run.ts';

const script = join(import.meta.dirname, '../rootfs/usr/bin/kumo-json');

async function flatten(text: string): Promise<string[]> {
  return (await run('awk', ['-f', script], { input: text })).toString().trimEnd().split('\n');
}

test('metadata is flattened, whatever its layout', async () => {
  const data = {
    uuid: 'u-1',
    public_keys: { 'my key': 'ssh-ed25519 AAA+/= a@b\n' },
    list: [1, { deep: true }, []],
    text: 'q"\\{},:é\u0041',
  };
  const expected = [
    'uuid\tu-1',
    'public_keys.my key\tssh-ed25519 AAA+/= a@b',
    'list.0\t1',
    'list.1.deep\ttrue',
    'text\tq"\\{},:éA',
  ];
  assert.deepEqual(await flatten(JSON.stringify(data)), expected);
  assert.deepEqual(await flatten(`\n${JSON.stringify(data, null, 2)}\n`), expected);
});

test('escapes are resolved and damage is reported', async () => {
  assert.deepEqual(await flatten('{"a": "\\u0041\\/\\n\\u00e9x"}'), ['a\tA/ ?x']);
  await assert.rejects(flatten('{"a" "b"}'), /a colon was expected/);
});
