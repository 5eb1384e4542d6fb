import assert from 'node:assert/strict';
import { createCipheriv, createHmac } from 'node:crypto';
import { test } from 'node:test';
import { decryptFernet, encryptFernet, newFernetKey, parseFernetKey } from './fernet.ts';

/** generate.json and verify.json of github.com/fernet/spec. */
const SECRET = 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=';
const TOKEN = 'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==';
const SECONDS = Date.parse('1985-10-26T01:20:00-07:00') / 1000;
const key = parseFernetKey(SECRET);

test('the specification’s example is made bit by bit, without its padding', () => {
  const iv = Buffer.from([...Array(16).keys()]);
  assert.equal(encryptFernet(key, Buffer.from('hello'), SECONDS, iv), TOKEN.replace(/=+$/, ''));
});

test('it is read with and without padding, by any of the keys', () => {
  const other = parseFernetKey(newFernetKey());
  for (const text of [TOKEN, TOKEN.replace(/=+$/, '')]) {
    const opened = decryptFernet([other, key], text);
    assert.equal(opened?.plain.toString(), 'hello');
    assert.equal(opened?.seconds, SECONDS);
  }
  assert.equal(decryptFernet([other], TOKEN), undefined);
});

test('a token with any bit changed, cut or lengthened is none', () => {
  const bytes = Buffer.from(TOKEN, 'base64url');
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] as number) ^ 1;
    assert.equal(decryptFernet([key], changed.toString('base64url')), undefined, `byte ${at}`);
  }
  for (const wrong of ['', 'gAAAA', `${TOKEN}AAAA`, TOKEN.slice(0, 60), 'ä'.repeat(80), `${TOKEN} `])
    assert.equal(decryptFernet([key], wrong), undefined, wrong);
});

test('a key of another length is refused without being shown', () => {
  assert.throws(
    () => parseFernetKey('c2VjcmV0'),
    (error: Error) => !error.message.includes('c2VjcmV0'),
  );
});

test('tokens come out whole whatever was read before them, of every length', () => {
  const plains = [...Array(40).keys()].map((length) => Buffer.alloc(length, length));
  const tokens = plains.map((plain) => encryptFernet(key, plain, SECONDS));
  for (const [at, token] of [...tokens.entries(), ...[...tokens.entries()].reverse()])
    assert.deepEqual(decryptFernet([key], token)?.plain, plains[at]);
});

test('what the key signed with a wrong padding is none', () => {
  const sealed = (lastBlock: Buffer) => {
    const iv = Buffer.alloc(16, 7);
    const cipher = createCipheriv('aes-128-cbc', key.encryption, iv).setAutoPadding(false);
    const head = Buffer.from(TOKEN, 'base64url').subarray(0, 9);
    const signed = Buffer.concat([head, iv, cipher.update(lastBlock)]);
    const mac = createHmac('sha256', key.signing).update(signed).digest();
    return decryptFernet([key], Buffer.concat([signed, mac]).toString('base64url'))?.plain.toString();
  };
  assert.equal(sealed(Buffer.from('hello'.padEnd(16, '\x0b'))), 'hello');
  for (const end of ['\x0b\x0b\x0a\x0b', '\x00', '\x11', '\x0c']) {
    const block = 'hello'.padEnd(16, '\x0b');
    assert.equal(sealed(Buffer.from(block.slice(0, 16 - end.length) + end)), undefined, JSON.stringify(end));
  }
});
