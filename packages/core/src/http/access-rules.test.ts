import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathMatches, rulesAllow } from './access-rules.ts';
import type { AccessRule } from './app-options.ts';

test('a rule’s path: literals, one segment, anything', () => {
  const fits = (pattern: string, path: string) => assert.ok(pathMatches(pattern, path), `${pattern} fits ${path}`);
  const fails = (pattern: string, path: string) => assert.ok(!pathMatches(pattern, path), `${pattern} ${path}`);
  fits('/v2.1/servers', '/v2.1/servers');
  fails('/v2.1/servers', '/v2.1/servers/detail');
  fails('/v2.1/servers', '/v2.1/server');
  fits('/v2.1/servers/*/ips', '/v2.1/servers/1f/ips');
  fails('/v2.1/servers/*/ips', '/v2.1/servers//ips');
  fails('/v2.1/servers/*/ips', '/v2.1/servers/a/b/ips');
  fits('/v2.1/servers/{server_id}', '/v2.1/servers/1f');
  fails('/v2.1/servers/{server_id}', '/v2.1/servers/');
  fails('/v2.1/servers/{server_id}', '/v2.1/servers/1f/ips');
  fits('/v1/AUTH_*/box/**', '/v1/AUTH_p/box/a/b/c');
  fits('/v1/**', '/v1/');
  fits('/**', '/anything/at/all');
  fits('**/ips', '/v2.1/servers/x/ips');
  fits('/a/**/z', '/a/b/c/z');
  fails('/a/**/z', '/a/z');
  fits('/a/*-*', '/a/x-y');
  fails('/a/*-*', '/a/-y');
  // What means something in a regular expression means nothing here.
  fails('/v2.1/servers', '/v2x1/servers');
  fails('/v2/(a|b)', '/v2/a');
  fails('/v2.1/servers', '/V2.1/servers');
  fails('/v2.1/servers', '/v2.1/servers\n');
  fits('/my%20box/*', '/my box/1');
  fits('/a%2Ab', '/a*b');
  fails('/a%2Ab', '/axxb');
  fits('/a{b', '/a{b');
  fails('', '/');
});

test('a pattern made to be slow is not', () => {
  const started = performance.now();
  const path = `/${'a/'.repeat(4000)}`;
  assert.equal(pathMatches(`/${'**a'.repeat(70)}b`, path), false);
  assert.equal(pathMatches(`/${'*a'.repeat(70)}b`, path), false);
  assert.ok(performance.now() - started < 2_000);
});

test('service, method and path of one rule must all fit', () => {
  const rules: AccessRule[] = [
    { service: 'compute', method: 'GET', path: '/v2.1/servers/*' },
    { service: 'image', method: 'POST', path: '/v2/images' },
  ];
  const allows = (service: string, method: string, url: string) => rulesAllow(rules, { service, method, url });
  assert.ok(allows('compute', 'GET', '/v2.1/servers/1'));
  assert.ok(allows('compute', 'GET', '/v2.1/servers/1?limit=/x'));
  assert.ok(allows('image', 'POST', '/v2/images'));
  assert.ok(!allows('compute', 'HEAD', '/v2.1/servers/1'));
  assert.ok(!allows('compute', 'POST', '/v2/images'));
  assert.ok(!allows('image', 'GET', '/v2.1/servers/1'));
  assert.ok(!allows('computer', 'GET', '/v2.1/servers/1'));
  assert.ok(!rulesAllow([], { service: 'compute', method: 'GET', url: '/' }));
});

test('rule and router see the same path, however it is encoded', () => {
  const allows = (path: string, url: string) =>
    rulesAllow([{ service: 's', method: 'GET', path }], { service: 's', method: 'GET', url });
  assert.ok(allows('/v2.1/servers/*', '/v2.1/%73ervers/1'));
  assert.ok(!allows('/v2.1/flavors', '/v2.1/%73ervers'));
  // To the router `a/ips` is one segment here, to a rule it must not be two.
  assert.ok(!allows('/v2.1/servers/*/ips', '/v2.1/servers/a%2Fips'));
  assert.ok(!allows('/v2.1/servers/*', '/v2.1/servers/a%2fips'));
  assert.ok(allows('/v1/box/**', '/v1/box/a%2Fb'));
  assert.ok(!allows('/**', '/v1/%E0%A4%A'));
});
