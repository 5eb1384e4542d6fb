import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBelow, normalDn, parseDn } from './distinguished-name.ts';

test('a name is read with its escapes, quotes and several attributes in one part', () => {
  assert.deepEqual(parseDn('cn=Doe\\, Ann+sn=D\\c3\\a9,ou=A \\ ,dc=x'), [
    [
      { attribute: 'cn', value: 'Doe, Ann' },
      { attribute: 'sn', value: 'Dé' },
    ],
    [{ attribute: 'ou', value: 'A  ' }],
    [{ attribute: 'dc', value: 'x' }],
  ]);
  assert.deepEqual(parseDn('cn="a,b" ; dc=x'), [
    [{ attribute: 'cn', value: 'a,b' }],
    [{ attribute: 'dc', value: 'x' }],
  ]);
  assert.deepEqual(parseDn(''), []);
  for (const wrong of ['cn', 'cn=a,', '=a', 'cn=a\\', 'cn="a', 'a b=c', 'cn=a,,dc=x'])
    assert.equal(parseDn(wrong), undefined, wrong);
});

test('names are equal in whatever case, order and spacing', () => {
  assert.equal(normalDn('CN=Ann  Doe, DC=X'), normalDn('cn=ann doe,dc=x'));
  assert.equal(normalDn('cn=a+sn=b,dc=x'), normalDn('SN=b+CN=a,dc=x'));
  assert.notEqual(normalDn('cn=a\\,dc\\=x'), normalDn('cn=a,dc=x'));
  assert.notEqual(normalDn('cn=a\\+sn\\=b'), normalDn('cn=a+sn=b'));
});

test('an entry is below what its name ends with', () => {
  assert.ok(isBelow('cn=a,ou=Groups,dc=x', 'ou=groups, dc=X'));
  assert.ok(!isBelow('ou=groups,dc=x', 'ou=groups,dc=x'));
  assert.ok(!isBelow('cn=a\\,ou=groups,dc=x', 'ou=groups,dc=x'));
});
