import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalIp } from '@kumo/core/schema';
import { hostRange, ipKey, ipText, overlaps, type Prefix, parseIp, parsePrefix, slaacAddress } from './ip-address.ts';

test('addresses have one text', () => {
  const cases = [
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:0:0:0:0', '2001:db8:0:1::'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
    ['::', '::'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['10.0.0.1', '10.0.0.1'],
  ];
  for (const [given = '', wanted] of cases) {
    assert.equal(ipText(parseIp(given)!), wanted);
    assert.equal(canonicalIp(given), wanted);
  }
  for (const wrong of ['10.0.0', '10.0.0.256', 'fe80::1%eth0', '', '1::2::3'])
    assert.equal(parseIp(wrong), undefined, wrong);
});

test('keys sort as addresses do, for random ones', () => {
  for (let round = 0; round < 200; round += 1) {
    const [a, b] = [0, 1].map(() => BigInt(Math.floor(Math.random() * 2 ** 32)));
    const [x, y] = [a, b].map((value) => ({ version: 4 as const, value: value as bigint }));
    assert.equal(ipKey(x!) < ipKey(y!), x!.value < y!.value);
    assert.deepEqual(parseIp(ipText(x!)), x);
    const wide = { version: 6 as const, value: (a! << 90n) | b! };
    assert.deepEqual(parseIp(ipText(wide)), wide);
  }
});

test('prefixes are masked, and hosts leave out the network’s own addresses', () => {
  const prefix = parsePrefix('10.1.2.3/24') as Prefix;
  assert.deepEqual([prefix.text, prefix.isExact], ['10.1.2.0/24', false]);
  const { first, last } = hostRange(prefix);
  assert.deepEqual(
    [first, last].map((value) => ipText({ version: 4, value })),
    ['10.1.2.1', '10.1.2.254'],
  );
  for (const wrong of ['10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/', 'x/8', '10.0.0.0/8/8'])
    assert.equal(parsePrefix(wrong), undefined, wrong);
  assert.equal(overlaps(prefix, parsePrefix('10.1.0.0/16') as Prefix), true);
  assert.equal(overlaps(prefix, parsePrefix('10.1.3.0/24') as Prefix), false);
});

test('EUI-64 addresses', () => {
  assert.equal(
    slaacAddress(parsePrefix('2001:db8::/64') as Prefix, 'fa:16:3e:11:22:33'),
    '2001:db8::f816:3eff:fe11:2233',
  );
});
