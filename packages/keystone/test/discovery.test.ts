/** Versions, JSON-home, and what is gone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonHome, prefersJsonHome } from '../src/api/json-home.ts';
import { TestKeystone } from './harness.ts';

const REL = 'https://docs.openstack.org/api/openstack-identity/3';

test('JSON-home goes to those who prefer it to JSON', () => {
  for (const accept of [
    'application/json-home',
    'text/html, application/json-home;q=0.5',
    'application/json;q=0.1, application/json-home',
  ])
    assert.ok(prefersJsonHome(accept), accept);
  for (const accept of [
    undefined,
    '',
    '*/*',
    'application/*',
    'application/json',
    'application/json-home;q=0',
    'text/html',
    'application/json, application/json-home',
    'application/json-home;q=x',
  ])
    assert.ok(!prefersJsonHome(accept), String(accept));
});

test('what is not served is not in the JSON-home document', () => {
  const { resources } = jsonHome(['/v3/users', '/v3/users/{id}'], '');
  assert.deepEqual(Object.keys(resources).toSorted(), [`${REL}/rel/user`, `${REL}/rel/users`]);
});

test('the documents of the versions, in both forms', async () => {
  const keystone = await TestKeystone.start();
  const home = { accept: 'application/json-home' };
  try {
    const below = await keystone.call('GET', '/v3', { token: null, headers: home });
    assert.deepEqual([below.status, below.headers['content-type']], [200, 'application/json-home']);
    const { resources } = below.body;
    assert.deepEqual(resources[`${REL}/rel/endpoints`], { href: '/endpoints' });
    assert.deepEqual(resources[`${REL}/rel/limit`], {
      'href-template': '/limits/{limit_id}',
      'href-vars': { limit_id: `${REL}/param/limit_id` },
      hints: { status: 'experimental' },
    });
    assert.deepEqual(resources[`${REL}/ext/OS-EP-FILTER/1.0/rel/endpoint_group`], {
      'href-template': '/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}',
      'href-vars': { endpoint_group_id: `${REL}/ext/OS-EP-FILTER/1.0/param/endpoint_group_id` },
    });
    assert.equal(resources[`${REL}/ext/OS-OAUTH1/1.0/rel/consumers`], undefined);
    const root = await keystone.call('GET', '/', { token: null, headers: home });
    assert.equal(root.status, 200);
    assert.deepEqual(root.body.resources[`${REL}/rel/endpoints`], { href: '/v3/endpoints' });
    assert.equal(Object.keys(root.body.resources).length, Object.keys(resources).length);
    const plain = await keystone.expect(300, 'GET', '/', { token: null });
    assert.equal(plain.versions.values[0].id, 'v3.14');
    for (const [path, status] of [
      ['/', 300],
      ['/v3', 200],
      ['/v3/', 200],
    ] as const) {
      const head = await keystone.call('HEAD', path, { token: null });
      assert.deepEqual([head.status, head.body], [status, undefined]);
      assert.equal(head.headers['content-type'], 'application/json');
      assert.equal(head.headers.vary, 'X-Auth-Token');
    }
  } finally {
    await keystone.stop();
  }
});

test('what went with PKI tokens is answered as Keystone does, to anybody', async () => {
  const keystone = await TestKeystone.start();
  try {
    for (const path of ['ca', 'certificates']) {
      const { error } = await keystone.expect(410, 'GET', `/v3/OS-SIMPLE-CERT/${path}`, { token: null });
      assert.deepEqual([error.code, error.title], [410, 'Gone']);
    }
    await keystone.expect(403, 'GET', '/v3/auth/tokens/OS-PKI/revoked', { token: null });
  } finally {
    await keystone.stop();
  }
});
