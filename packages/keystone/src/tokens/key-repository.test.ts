import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { decryptFernet, encryptFernet } from './fernet.ts';
import { KeyRepository } from './key-repository.ts';

const root = mkdtempSync(join(tmpdir(), 'kumo-keys-'));
after(() => rmSync(root, { recursive: true, force: true }));

test('a new repository has a staged and a primary key that only their owner reads', () => {
  const directory = join(root, 'deep', 'keys');
  const keys = new KeyRepository(directory);
  assert.deepEqual(readdirSync(directory).toSorted(), ['0', '1']);
  assert.equal(keys.keys.length, 2);
  for (const name of ['0', '1']) {
    assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600);
    assert.equal(readFileSync(join(directory, name), 'utf8').length, 44);
  }
  assert.equal(statSync(directory).mode & 0o777, 0o700);
});

test('rotation: the staged key becomes primary, the oldest goes, tokens of the others stay valid', () => {
  const directory = join(root, 'rotated');
  const keys = new KeyRepository(directory);
  const staged = readFileSync(join(directory, '0'), 'utf8');
  const first = encryptFernet(keys.primary, Buffer.from('first'), 1);
  keys.rotate(3);
  assert.deepEqual(readdirSync(directory).toSorted(), ['0', '1', '2']);
  assert.equal(readFileSync(join(directory, '2'), 'utf8'), staged);
  assert.equal(decryptFernet(keys.keys, first)?.plain.toString(), 'first');
  const second = encryptFernet(keys.primary, Buffer.from('second'), 1);
  keys.rotate(3);
  assert.deepEqual(readdirSync(directory).toSorted(), ['0', '2', '3']);
  assert.equal(decryptFernet(keys.keys, first), undefined);
  assert.equal(decryptFernet(keys.keys, second)?.plain.toString(), 'second');
});

test('another process’s rotation is noticed', async () => {
  const directory = join(root, 'shared');
  const [one, other] = [new KeyRepository(directory), new KeyRepository(directory)];
  assert.equal(other.keys.length, 2);
  one.rotate(5);
  const token = encryptFernet(one.primary, Buffer.from('x'), 1);
  assert.ok(decryptFernet(other.keys, token), 'the new primary was staged before');
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  assert.equal(other.keys.length, 3);
});
