import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { InjectOptions } from 'fastify';
import { exampleApp } from './example-service.ts';

const app = exampleApp();
after(() => app.close());

type Asked = InjectOptions & { token?: string | null; version?: string };

async function ask(method: string, url: string, { token = 'member', version, headers, ...rest }: Asked = {}) {
  const reply = await app.inject({
    method: method as 'GET',
    url,
    headers: {
      ...(token === null ? {} : { 'x-auth-token': token }),
      ...(version ? { 'openstack-api-version': `thing ${version}` } : {}),
      ...headers,
    },
    ...rest,
  });
  return { status: reply.statusCode, headers: reply.headers, text: reply.body, json: () => reply.json() };
}
const make = (thing: unknown, options: Asked = {}) =>
  ask('POST', '/v2/p1/things', { version: '2.9', payload: { thing } as object, ...options });
const raw = (payload: string | Buffer, type = 'application/json') =>
  ask('POST', '/v2/p1/things', { payload, headers: { 'content-type': type } });

test('a valid request reaches its handler, with ids in the reply', async () => {
  const reply = await make({ name: 'Ä', size: 5 });
  assert.equal(reply.status, 202);
  assert.deepEqual(reply.json().thing.name, 'Ä');
  assert.match(String(reply.headers['x-openstack-request-id']), /^req-[0-9a-f-]{36}$/);
  assert.equal(reply.headers['x-compute-request-id'], reply.headers['x-openstack-request-id']);
});

test('a 400 names the field, its value and the reason', async () => {
  const message = async (thing: unknown) => {
    const reply = await make(thing);
    assert.equal(reply.status, 400);
    assert.equal(reply.json().badRequest.code, 400);
    return reply.json().badRequest.message;
  };
  assert.equal(
    await message({ name: 'x', size: -1 }),
    'Invalid input for field/attribute thing.size. Value: -1. -1 is less than the minimum of 1',
  );
  assert.match(await message({ size: 1 }), /thing\. Value: an object\. 'name' is a required property/);
  assert.match(
    await message({ name: 'x', size: 1, other: 1 }),
    /Additional properties are not allowed \('other' was unexpected\)/,
  );
  assert.match(await message({ name: 'x'.repeat(256), size: 1 }), /is too long/);
  assert.match(await message({ name: '  ', size: 1 }), /thing\.name\. Value: " {2}"/);
  assert.match(await message({ name: 'x', size: '5' }), /"5" is not of type 'integer'/);
  assert.match(await message({ name: 'x', size: 1, parent_id: 'nope' }), /thing\.parent_id.*"nope" is not a 'uuid'/);
  const secret = await message({ name: 'x', size: 1, password: 'hunter2' });
  assert.match(secret, /thing\.password/);
  assert.doesNotMatch(secret, /hunter2/);
});

test('bodies that are not what JSON should be are refused with the reason', async () => {
  const refused = async (payload: string | Buffer) => {
    const reply = await raw(payload);
    assert.equal(reply.status, 400, reply.text);
    return reply.json().badRequest.message as string;
  };
  assert.match(await refused('{"thing": }'), /at position 10/);
  assert.match(await refused('{"thing": {'), /ends too early at position 11/);
  assert.match(await refused(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])), /UTF-8/);
  assert.match(await refused('{"thing": {"name": "a\\u0000b"}}'), /NUL/);
  assert.match(await refused('{"thing": {"name": "\\ud800"}}'), /surrogate/);
  assert.match(await refused('{"thing": {"__proto__": {"x": 1}}}'), /__proto__/);
  assert.match(await refused('{"thing": {"\\u005f_proto__": {"x": 1}}}'), /__proto__/);
  assert.match(await refused(`${'['.repeat(100_000)}${']'.repeat(100_000)}`), /deeper than 64/);
  assert.match(await refused(''), /body/);
  assert.equal((await raw('name=x', 'application/x-www-form-urlencoded')).status, 415);
  assert.equal((await raw('{}', 'nonsense')).status, 415);
  assert.equal((await raw('x'.repeat(2 << 20))).status, 413);
});

test('query parameters are coerced, defaulted, bounded', async () => {
  const reply = await ask('GET', '/v2/p1/things?limit=5&tag=a');
  assert.deepEqual(reply.json().query, { limit: 5, tag: ['a'], deleted: false });
  assert.deepEqual((await ask('GET', '/v2/p1/things?tag=a&tag=b&deleted=true')).json().query, {
    tag: ['a', 'b'],
    deleted: true,
  });
  const repeated = await ask('GET', '/v2/p1/things?limit=5&limit=7&tag=a&tag=b');
  assert.deepEqual(repeated.json().query, { limit: 7, tag: ['a', 'b'], deleted: false });
  const wrong = await ask('GET', '/v2/p1/things?limit=x');
  assert.equal(wrong.status, 400);
  assert.match(wrong.json().badRequest.message, /query parameters limit\. Value: "x"/);
  assert.equal((await ask('GET', '/v2/p1/things?unknown=1')).status, 400);
  assert.equal((await ask('GET', '/v2/p1/things?tag=%00')).status, 400);
  assert.equal((await ask('GET', '/v2/p1/things/%zz')).status, 400);
});

test("tokens: 401 in the middleware's words with the challenge", async () => {
  for (const token of [null, 'unknown', 'expired', '']) {
    const reply = await ask('GET', '/v2/me', { token });
    assert.equal(reply.status, 401);
    assert.equal(reply.headers['www-authenticate'], 'Keystone uri="http://keystone:5000"');
    assert.deepEqual(reply.json(), {
      error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' },
    });
  }
  // A body is not even looked at without a token.
  assert.equal((await ask('POST', '/v2/p1/things', { token: null, payload: '{{{' })).status, 401);
});

test('a valid service token lends its roles, and lets an expired user token finish', async () => {
  const me = (await ask('GET', '/v2/me', { headers: { 'x-service-token': 'service' } })).json();
  assert.deepEqual([me.userId, me.roles, me.serviceRoles], ['u1', ['member', 'reader'], ['service']]);
  assert.equal(
    (await ask('GET', '/v2/me', { token: 'expired', headers: { 'x-service-token': 'service' } })).status,
    200,
  );
  assert.equal((await ask('GET', '/v2/me', { token: 'expired', headers: { 'x-service-token': 'other' } })).status, 401);
  assert.equal((await ask('GET', '/v2/me', { headers: { 'x-service-token': 'unknown' } })).status, 401);
});

test('policy comes before validation and existence', async () => {
  assert.equal((await ask('GET', '/v2/p1/things', { token: 'other' })).status, 403);
  assert.equal((await make({ size: 'wrong' }, { token: 'other' })).status, 403);
  assert.equal((await ask('DELETE', '/v2/p1/things/one')).status, 403);
  assert.equal((await ask('DELETE', '/v2/p1/things/one', { token: 'admin' })).status, 204);
  assert.equal((await ask('GET', '/v2/p1/things/one', { token: 'other' })).status, 403);
  assert.deepEqual((await ask('GET', '/v2/p1/things/foreign')).json(), {
    itemNotFound: { code: 404, message: 'Thing foreign could not be found.' },
  });
  assert.equal((await ask('GET', '/v2/me', { token: 'admin' })).json().admin, true);
});

test('an answer without authorize() is a 500 that shows nothing', async () => {
  const reply = await ask('GET', '/v2/unguarded');
  assert.equal(reply.status, 500);
  assert.doesNotMatch(reply.text, /seen/);
});

test('unexpected errors leak nothing but the request id', async () => {
  const reply = await ask('POST', '/v2/fail', { token: null, payload: { kind: 'bug' } });
  assert.equal(reply.status, 500);
  assert.doesNotMatch(reply.text, /hunter2/);
  assert.ok(reply.json().computeFault.message.includes(reply.headers['x-openstack-request-id']));
});

test('unknown paths, wrong methods, trailing slashes, HEAD', async () => {
  assert.deepEqual((await ask('GET', '/nowhere')).json(), {
    itemNotFound: { code: 404, message: 'The resource could not be found.' },
  });
  const wrong = await ask('PUT', '/v2/p1/things/one', { payload: {} });
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.allow, 'DELETE, GET');
  assert.equal(wrong.json().badMethod.code, 405);
  assert.equal((await ask('GET', '/v2/p1/things/')).status, 200);
  const head = await ask('HEAD', '/v2/p1/things');
  assert.deepEqual([head.status, head.text], [200, '']);
  assert.equal((await ask('HEAD', '/v2/me')).status, 405);
});

test("actions are told apart by the body's key", async () => {
  const act = (payload: object, version = '2.9') => ask('POST', '/v2/p1/things/one/action', { payload, version });
  assert.equal((await act({ 'os-start': null })).status, 202);
  assert.deepEqual((await act({ resize: { size: 4 } })).json(), { size: 4 });
  assert.equal((await act({ 'os-start': 1 })).status, 400);
  const unknown = await act({ fly: null });
  assert.deepEqual([unknown.status, unknown.json().badRequest.message], [400, 'There is no such action: fly']);
  assert.equal((await act({ 'os-start': null, resize: {} })).status, 400);
  assert.equal((await act([])).status, 400);
  assert.equal((await act({ resize: { size: 4 } }, '2.3')).status, 404);
  assert.equal(
    (await ask('POST', '/v2/p1/things/one/action', { payload: { 'os-start': null }, token: 'other' })).status,
    403,
  );
});

test('microversions: negotiated, echoed, refused', async () => {
  const plain = await ask('GET', '/v2/p1/things/one');
  assert.equal(plain.headers['openstack-api-version'], 'thing 2.1');
  assert.equal(plain.headers['x-openstack-thing-api-version'], '2.1');
  assert.match(String(plain.headers.vary), /OpenStack-API-Version/);
  assert.deepEqual(plain.json().thing, { id: 'one', name: 'One', size: 3, shape: 'round', flavor: { id: 'f' } });
  const latest = await ask('GET', '/v2/p1/things/one', { version: 'latest' });
  assert.equal(latest.headers['openstack-api-version'], 'thing 2.9');
  assert.deepEqual(latest.json().thing, {
    id: 'one',
    name: 'One',
    size: 3,
    colour: 'red',
    flavor: { id: 'f', ram: 5 },
  });
  assert.equal(
    (await ask('GET', '/v2/p1/things/one', { headers: { 'x-openstack-thing-api-version': '2.6' } })).headers[
      'openstack-api-version'
    ],
    'thing 2.6',
  );
  const out = await ask('GET', '/v2/me', { version: '2.99' });
  assert.deepEqual([out.status, out.json().computeFault.code], [406, 406]);
  assert.equal((await ask('GET', '/v2/me', { version: 'two' })).status, 400);
  assert.equal((await ask('GET', '/v2/old')).status, 200);
  assert.equal((await ask('GET', '/v2/old', { version: '2.3' })).status, 404);
});

test("a body is checked by its version's rules and reaches the handler in the newest shape", async () => {
  assert.equal((await make({ name: 'x' }, { version: '2.6' })).json().thing.size, 1);
  assert.equal((await make({ name: 'x' }, { version: '2.7' })).status, 400);
  assert.equal((await make({ name: 'x', size: 500 }, { version: '2.6' })).status, 202);
  assert.equal((await make({ name: 'x', size: 1, colour: 'red' }, { version: '2.4' })).status, 400);
  assert.equal((await make({ name: 'x', size: 1, colour: 'red' }, { version: '2.5' })).status, 202);
});

test('discovery, health and the OpenAPI document are public', async () => {
  const root = await ask('GET', '/', { token: null, headers: { host: 'cloud:8080' } });
  assert.equal(root.status, 300);
  assert.deepEqual(root.json().versions[0], {
    id: 'v2.1',
    status: 'CURRENT',
    version: '2.9',
    min_version: '2.1',
    updated: '2026-01-01T00:00:00Z',
    links: [{ rel: 'self', href: 'http://cloud:8080/v2/' }],
  });
  assert.equal((await ask('GET', '/v2/', { token: null, version: '9.9' })).json().version.id, 'v2.1');
  assert.equal((await ask('GET', '/healthcheck', { token: null })).text, 'OK');
  const document = (await ask('GET', '/openapi.json', { token: null })).json();
  assert.equal(document.openapi, '3.1.0');
  const create = document.paths['/v2/{project_id}/things'].post;
  assert.deepEqual(create.requestBody.content['application/json'].schema.properties.thing.required, ['name', 'size']);
  assert.equal(document.paths['/v2/old'], undefined);
  const old = (await ask('GET', '/openapi.json?version=2.2', { token: null })).json();
  assert.deepEqual(
    old.paths['/v2/{project_id}/things'].post.requestBody.content['application/json'].schema.properties.thing.required,
    ['name'],
  );
  assert.ok(old.paths['/v2/old'].get);
  assert.equal((await ask('GET', '/openapi.json?version=7.1', { token: null })).status, 400);
});

test('a stream that fails before its first byte is a 500; a path parameter takes slashes', async () => {
  assert.equal((await ask('GET', '/v2/data/broken')).status, 500);
  const reply = await ask('GET', '/v2/data/a/b%20c');
  assert.deepEqual([reply.text, reply.headers['x-path']], ['some bytes', 'a/b c']);
});

test('an incoming global request id is kept only when it is one', async () => {
  const id = 'req-11111111-2222-3333-4444-555555555555';
  assert.equal((await ask('GET', '/v2/me', { headers: { 'x-openstack-request-id': id } })).json().globalRequestId, id);
  assert.equal(
    (await ask('GET', '/v2/me', { headers: { 'x-openstack-request-id': 'req-<script>' } })).json().globalRequestId,
    undefined,
  );
});
