import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrustedProxies } from './client-address.ts';

const proxies = new TrustedProxies(['10.0.0.7', '192.168.0.0/24', 'fd00::/8']);

test('without trusted proxies headers say nothing', () => {
  const none = new TrustedProxies([]);
  const headers = { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9' };
  assert.equal(none.clientOf('10.0.0.7', headers), '10.0.0.7');
  assert.equal(none.clientOf('::ffff:10.0.0.7', headers), '10.0.0.7');
});

test('a trusted proxy says whose request it is, and only it', () => {
  const of = (peer: string, named: string) => proxies.clientOf(peer, { 'x-forwarded-for': named });
  assert.equal(of('10.0.0.7', '203.0.113.9'), '203.0.113.9');
  assert.equal(of('::ffff:10.0.0.7', '203.0.113.9:4711'), '203.0.113.9');
  assert.equal(of('10.0.0.8', '203.0.113.9'), '10.0.0.8');
  // What the client wrote itself stands before what the proxy added.
  assert.equal(of('10.0.0.7', '198.51.100.1, 203.0.113.9'), '203.0.113.9');
  assert.equal(of('10.0.0.7', '198.51.100.1, 203.0.113.9, 192.168.0.3'), '203.0.113.9');
  assert.equal(of('10.0.0.7', '192.168.0.3, 192.168.0.4'), '192.168.0.3');
});

test('what is no address ends the chain at who said it', () => {
  const of = (named: string) => proxies.clientOf('10.0.0.7', { 'x-forwarded-for': named });
  for (const named of ['', 'unknown', '_hidden', '203.0.113.9, x', '203.0.113.999', '1; drop'])
    assert.equal(of(named), '10.0.0.7', named);
});

test('the standard header is read with its quotes, ports and IPv6', () => {
  const of = (forwarded: string) => proxies.clientOf('fd12::1', { forwarded, 'x-forwarded-for': '198.51.100.1' });
  assert.equal(of('for=203.0.113.9;proto=https;by=10.0.0.7'), '203.0.113.9');
  assert.equal(of('proto=https; For="[2001:db8::9]:4711"'), '2001:db8::9');
  assert.equal(of('for=198.51.100.7, for="203.0.113.9:80"'), '203.0.113.9');
  assert.equal(of('for=unknown'), 'fd12::1');
});

test('an entry that is neither an address nor a network is named', () => {
  for (const entry of ['proxy.example', '10.0.0.0/33', '10.0.0.0/x', '10.0.0.0/8/9', 'fd00::/129', ''])
    assert.throws(() => new TrustedProxies([entry]), /trustedProxies: ".*" is neither/, entry);
});
