import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BerWriter, FilterParser } from 'ldapts';
import { guidBytes } from './entry.ts';
import { all, any, equals, hasId, inChain, matches } from './filters.ts';

/** A filter as it goes out. */
function bytesOf(filter: ReturnType<typeof equals>): Buffer {
  const writer = new BerWriter();
  filter.write(writer);
  return writer.buffer;
}

test('a value stays a value, whatever is in it', () => {
  for (const value of ['*', 'a)(uid=*', '\\2a', 'a\u0000b', '(&(x=y))', 'ü*']) {
    const escaped = [...Buffer.from(value)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
    if (Buffer.byteLength(value) === value.length)
      assert.deepEqual(bytesOf(equals('uid', value)), bytesOf(FilterParser.parseString(`(uid=${escaped})`)), value);
    const contains = matches('sn', { op: 'contains', value });
    assert.ok(contains && bytesOf(contains).includes(Buffer.from(value)), value);
  }
  assert.equal(matches('sn', { op: 'contains', value: '' }), undefined);
});

test('the matching rule in chain goes out as Active Directory reads it', () => {
  const dn = 'cn=A (x),dc=y';
  assert.deepEqual(
    bytesOf(inChain('member', dn)),
    bytesOf(FilterParser.parseString('(member:1.2.840.113556.1.4.1941:=cn=A \\28x\\29,dc=y)')),
  );
});

test('an id that is a GUID is also looked for as the bytes of an objectGUID', () => {
  const id = '33221100-5544-7766-8899-aabbccddeeff';
  assert.equal(guidBytes(id)?.toString('hex'), '00112233445566778899aabbccddeeff');
  assert.ok(bytesOf(hasId('objectGUID', id)).includes(guidBytes(id) as Buffer));
  assert.deepEqual(bytesOf(hasId('uid', 'ann')), bytesOf(equals('uid', 'ann')));
});

test('conditions hold together, or one of them', () => {
  const [a, b] = [equals('a', '1'), equals('b', '2')];
  assert.equal(all([a, undefined, b]).toString(), '(&(a=1)(b=2))');
  assert.equal(any([a, b]).toString(), '(|(a=1)(b=2))');
});
