import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { DiskKeys } from '../tokens/disk-keys.ts';
import { FernetKeyring } from '../tokens/fernet-keyring.ts';
import { CredentialCipher } from './credential-cipher.ts';

const home = mkdtempSync(join(tmpdir(), 'kumo-cipher-'));
const dir = join(home, 'keys');
after(() => rmSync(home, { recursive: true }));
const skip = existsSync('/usr/lib/python3/dist-packages/cryptography')
  ? false
  : 'python3-cryptography is not installed';

/** As a real Keystone reads and writes its rows: `{blob, hash}` to and fro. */
const PROGRAM = `
import hashlib, json, sys
from cryptography.fernet import Fernet, MultiFernet
keys = [open(f'{sys.argv[1]}/{n}').read() for n in (1, 0)]
crypto = MultiFernet([Fernet(k) for k in keys])
given = json.load(sys.stdin)
print(json.dumps({
    'ec2': json.loads(crypto.decrypt(given['ec2'].encode()).decode()),
    'totp': crypto.decrypt(given['totp'].encode()).decode(),
    'hash': hashlib.sha1(keys[0].encode()).hexdigest(),
    'theirs': {
        'ec2': crypto.encrypt(json.dumps('{"access": "b"}').encode()).decode(),
        'old': crypto.encrypt(json.dumps({'access': 'b'}).encode()).decode(),
        'totp': crypto.encrypt('gehéim'.encode()).decode(),
    },
}))
`;

test('rows are read and written as Keystone does', { skip }, async () => {
  const cipher = new CredentialCipher(await FernetKeyring.open(new DiskKeys(dir)));
  const [ec2, totp] = [cipher.seal('ec2', '{"access":"ä"}'), cipher.seal('totp', 'JBSWY3DP')];
  const input = JSON.stringify({ ec2: ec2.encryptedBlob, totp: totp.encryptedBlob });
  const python = JSON.parse(execFileSync('/usr/bin/python3', ['-c', PROGRAM, dir], { input, encoding: 'utf8' }));
  assert.deepEqual([python.ec2, python.totp], ['{"access":"ä"}', 'JBSWY3DP']);
  assert.deepEqual([ec2.keyHash, totp.keyHash], [python.hash, python.hash]);
  const open = (type: string, encryptedBlob: string) => cipher.open(type, { encryptedBlob });
  assert.equal(await open('ec2', python.theirs.ec2), '{"access": "b"}');
  assert.deepEqual(JSON.parse(await open('ec2', python.theirs.old)), { access: 'b' });
  assert.equal(await open('totp', python.theirs.totp), 'gehéim');
});

test('what no key made is said so, with the place of the keys', async () => {
  const cipher = new CredentialCipher(await FernetKeyring.open(new DiskKeys(dir)));
  const other = new CredentialCipher(await FernetKeyring.open(new DiskKeys(join(home, 'other'))));
  await assert.rejects(cipher.open('totp', other.seal('totp', 'x')), new RegExp(dir));
});
