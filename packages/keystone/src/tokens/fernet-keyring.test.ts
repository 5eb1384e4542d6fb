import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { DiskKeys } from './disk-keys.ts';
import { FernetKeyring } from './fernet-keyring.ts';
import { KeyEncryptionKey } from './key-encryption-key.ts';

const root = mkdtempSync(join(tmpdir(), 'kumo-keys-'));
after(() => rmSync(root, { recursive: true, force: true }));
const open = (directory: string) => FernetKeyring.open(new DiskKeys(directory));
const plainOf = async (keyring: FernetKeyring, token: string) => (await keyring.decrypt(token))?.plain.toString();

test('a new repository has a staged and a primary key that only their owner reads', async () => {
  const directory = join(root, 'deep', 'keys');
  const keys = await open(directory);
  assert.deepEqual(readdirSync(directory).toSorted(), ['0', '1']);
  assert.deepEqual([keys.keys.length, keys.primary.number], [2, 1]);
  for (const name of ['0', '1']) {
    assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600);
    assert.equal(readFileSync(join(directory, name), 'utf8').length, 44);
  }
  assert.equal(statSync(directory).mode & 0o777, 0o700);
});

test('rotation: the staged key becomes primary, the oldest goes, tokens of the others stay valid', async () => {
  const directory = join(root, 'rotated');
  const keys = await open(directory);
  const staged = readFileSync(join(directory, '0'), 'utf8');
  const first = keys.encrypt(Buffer.from('first'), 1);
  assert.deepEqual(await keys.rotate(3), { primary: 2, removed: [] });
  assert.deepEqual(readdirSync(directory).toSorted(), ['0', '1', '2']);
  assert.equal(readFileSync(join(directory, '2'), 'utf8'), staged);
  assert.equal(await plainOf(keys, first), 'first');
  const second = keys.encrypt(Buffer.from('second'), 1);
  assert.deepEqual(await keys.rotate(3), { primary: 3, removed: [1] });
  assert.deepEqual(readdirSync(directory).toSorted(), ['0', '2', '3']);
  assert.equal(await plainOf(keys, first), undefined);
  assert.equal(await plainOf(keys, second), 'second');
});

test('rotations of another node have no bad moment: what its newest key made is read at once', async () => {
  const directory = join(root, 'shared');
  const [one, other] = [await open(directory), await open(directory)];
  for (let round = 0; round < 6; round++) {
    await one.rotate(3);
    const token = one.encrypt(Buffer.from(`round ${round}`));
    assert.equal(await plainOf(other, token), `round ${round}`);
    assert.equal(await plainOf(one, other.encrypt(Buffer.from('back'))), 'back');
  }
});

test('what no key made is refused, however often, and costs no reading of the keys each time', async () => {
  const keys = await open(join(root, 'flood'));
  const stranger = (await open(join(root, 'strange'))).encrypt(Buffer.from('x'));
  const found = await Promise.all(Array.from({ length: 200 }, () => keys.decrypt(stranger)));
  assert.deepEqual(new Set(found), new Set([undefined]));
});

test('OSSA-2013-010: keys that others may write or read, or that others own, stop the start', async () => {
  const loose = join(root, 'loose');
  await open(loose);
  chmodSync(loose, 0o777);
  await assert.rejects(open(loose), /can be written by others/);
  chmodSync(loose, 0o700);
  chmodSync(join(loose, '1'), 0o644);
  await assert.rejects(open(loose), /can be read by others/);
  chmodSync(join(loose, '1'), 0o600);
  await open(loose);
});

test('a broken key is an error that does not show it, and an empty repository is none', async () => {
  const broken = join(root, 'broken');
  mkdirSync(broken, { mode: 0o700 });
  await assert.rejects(open(broken), /there is no Fernet key/);
  writeFileSync(join(broken, '0'), 'c2hvcnQ=', { mode: 0o600 });
  await assert.rejects(
    open(broken),
    (error: Error) => /32 bytes/.test(error.message) && !/c2hvcnQ/.test(error.message),
  );
});

test('a sealed key opens for its purpose only, with the same key-encryption key, whose file nobody else reads', () => {
  const path = join(root, 'kek');
  const sealing = KeyEncryptionKey.fromFile(path);
  const sealed = sealing.seal('secret', 'tokens');
  assert.equal(KeyEncryptionKey.fromFile(path).open(sealed, 'tokens'), 'secret');
  assert.throws(() => sealing.open(sealed, 'credentials'));
  assert.throws(() => KeyEncryptionKey.fromFile(join(root, 'kek2')).open(sealed, 'tokens'));
  assert.equal(statSync(path).mode & 0o777, 0o600);
  chmodSync(path, 0o640);
  assert.throws(() => KeyEncryptionKey.fromFile(path), /can be read by others/);
});
