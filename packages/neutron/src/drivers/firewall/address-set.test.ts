import assert from 'node:assert/strict';
import { it } from 'node:test';
import { addressSet, linkLocalOf } from './address-set.ts';

it('drops what lies within another prefix, and parts the families', () => {
  assert.deepEqual(addressSet(['10.0.0.5', '10.0.0.0/24', '10.0.1.1', '10.0.0.5', 'fd00::1', 'FD00::/64']), {
    ipv4: ['10.0.0.0/24', '10.0.1.1'],
    ipv6: ['fd00::/64'],
  });
  assert.deepEqual(addressSet(['0.0.0.0/0', '10.0.0.1']), { ipv4: ['0.0.0.0/1', '128.0.0.0/1'], ipv6: [] });
});

it('makes the link-local address of a MAC', () => {
  assert.equal(linkLocalOf('fa:16:3e:00:00:0b'), 'fe80::f816:3eff:fe00:b');
});
