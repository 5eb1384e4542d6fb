import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalIp, formats, parseBoolean } from './index.ts';

const cases: Record<string, { good: string[]; bad: string[] }> = {
  uuid: {
    good: ['0af76519-16cd-43dd-8448-eb211c80319c', '0AF7651916CD43DD8448EB211C80319C'],
    bad: ['', 'x', '0af76519-16cd-43dd-8448-eb211c80319', '0af7651916cd-43dd8448eb211c80319c'],
  },
  cidr: {
    good: ['10.0.0.0/24', '10.0.0.5/32', 'fd00::/8', '0.0.0.0/0'],
    bad: ['10.0.0.0', '10.0.0.0/33', '10.0.0/24', 'fd00::/129', '10.0.0.0/', '10.0.0.0/024', '10.0.0.0/-1', '/24'],
  },
  ip: { good: ['10.0.0.1', '::1'], bad: ['10.0.0.256', '1', 'localhost', '::1%eth0x y'] },
  mac: { good: ['fa:16:3e:00:11:Ff'], bad: ['fa:16:3e:00:11', 'fa-16-3e-00-11-22', 'fa:16:3e:00:11:zz'] },
  'date-time': {
    good: [
      '2026-11-22T15:00:00Z',
      '2026-11-22T15:00:00.123456',
      '2026-11-22 15:00',
      '2026-11-22',
      '2026-11-22T15:00:00+02:00',
    ],
    bad: ['', 'yesterday', '2026-13-01', '2026-11-22T25:00:00Z', '22.11.2026'],
  },
  hostname: { good: ['a', 'host-1.example.org', 'host.'], bad: ['', '-a', 'a-', 'a..b', 'a'.repeat(64), 'ä'] },
  uri: { good: ['http://x/y', 'https://h:1'], bad: ['x', '/y', 'http://'] },
  base64: { good: ['', 'YQ==', 'YWI=\n', 'YWJj'], bad: ['Y', 'YQ=', '!!!!'] },
};

for (const [format, { good, bad }] of Object.entries(cases)) {
  test(`format ${format}`, () => {
    const accepts = formats[format];
    assert.ok(accepts);
    for (const text of good) assert.ok(accepts(text), `${text} is a ${format}`);
    for (const text of bad) assert.ok(!accepts(text), `${text} is no ${format}`);
  });
}

test('an address has one text', () => {
  for (const [given, text] of [
    ['0000:0000:0000:0000:0000:babe:220.12.22.2', '::babe:dc0c:1602'],
    ['2001:0DB8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['2001:db8:0:1:0:0:0:0', '2001:db8:0:1::'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::', '::'],
    ['192.0.2.1', '192.0.2.1'],
  ] as const)
    assert.equal(canonicalIp(given), text);
  for (const none of ['', '192.0.2', 'fe80::1%eth0', '1::2::3']) assert.equal(canonicalIp(none), undefined);
});

test('truth values as OpenStack writes them', () => {
  for (const value of [true, 'True', '1', 'yes', 'ON', ' t ']) assert.equal(parseBoolean(value), true);
  for (const value of [false, 'False', '0', 'no', 'off']) assert.equal(parseBoolean(value), false);
  assert.equal(parseBoolean(undefined, true), true);
});
