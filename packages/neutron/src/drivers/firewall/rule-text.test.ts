import assert from 'node:assert/strict';
import { it } from 'node:test';
import { DriverError } from '@kumo/core/errors';
import type { FirewallRule } from './driver.ts';
import { ruleText } from './rule-text.ts';

const base: FirewallRule = { direction: 'ingress', ethertype: 'IPv4' };

it('writes rules as nftables reads them', () => {
  const cases: [Partial<FirewallRule>, string][] = [
    [{}, 'ether type ip accept'],
    [{ protocol: 'any', remoteIpPrefix: '0.0.0.0/0' }, 'ether type ip accept'],
    [{ protocol: 'TCP', portRangeMin: 22, portRangeMax: 22 }, 'ether type ip meta l4proto 6 th dport 22 accept'],
    [{ protocol: '17', portRangeMin: 1, portRangeMax: 9 }, 'ether type ip meta l4proto 17 th dport 1-9 accept'],
    [{ protocol: 'icmp', portRangeMin: 3, portRangeMax: 4 }, 'ether type ip icmp type 3 icmp code 4 accept'],
    [{ ethertype: 'IPv6', protocol: 'icmp' }, 'ether type ip6 meta l4proto 58 accept'],
    [{ direction: 'egress', remoteIpPrefix: '10.0.0.0/8' }, 'ether type ip ip daddr 10.0.0.0/8 accept'],
    [{ remoteGroupId: 'a-b' }, 'ether type ip ip saddr @g4_ab accept'],
  ];
  for (const [more, text] of cases) assert.equal(ruleText({ ...base, ...more }), text);
});

it('refuses what does not fit', () => {
  const cases: Partial<FirewallRule>[] = [
    { remoteIpPrefix: 'fd00::/8' },
    { protocol: 'nonsense' },
    { protocol: '256' },
    { protocol: 'tcp', portRangeMin: 0, portRangeMax: 70_000 },
    { protocol: 'icmp', portRangeMin: 300 },
    { remoteGroupId: 'x accept' },
  ];
  for (const more of cases) assert.throws(() => ruleText({ ...base, ...more }), DriverError, JSON.stringify(more));
});
