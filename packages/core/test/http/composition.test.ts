import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type as T } from 'typebox';
import { client, inProcess } from '../../src/client/index.ts';
import { KumoError } from '../../src/errors/index.ts';
import {
  createApp,
  firstAndNext,
  implement,
  JsonText,
  keystoneLinks,
  neutronEnvelope,
  nextLinks,
  operation,
  pageLinks,
  pageSize,
  pickFields,
  type RequestFacts,
  type Route,
  sortsOf,
} from '../../src/http/index.ts';
import { silentLogger } from '../../src/log/index.ts';
import { PolicySet } from '../../src/policy/index.ts';
import { exampleApp, whoAmI } from './example-service.ts';

const open = operation({
  name: 'open',
  method: 'GET',
  path: '/open',
  policy: 'none',
  reply: T.Object({ n: T.Integer() }),
});
function appOf(routes: Route[], overrides = {}) {
  return createApp({
    service: 's',
    routes,
    envelope: neutronEnvelope,
    tokens: null,
    policies: new PolicySet([]),
    log: silentLogger,
    ...overrides,
  });
}

test('contradictory routes are refused when the app is made', () => {
  const same = implement(open, () => ({ n: 1 }));
  assert.throws(() => appOf([same, same]), /two operations are called open/);
  const guarded = operation({ name: 'guarded', method: 'GET', path: '/guarded', policy: 'authenticated' });
  assert.throws(() => appOf([implement(guarded, () => {})]), /nobody to check/);
  assert.throws(() => operation({ name: 'x', method: 'GET', path: '/x', policy: 'none', action: 'y' }), /only a POST/);
});

test('a reply that is text already is sent as it is, and kept to its contract with checkReplies', async () => {
  const answerTo = async (text: string) => {
    const app = appOf([implement(open, () => new JsonText(text))], { checkReplies: true });
    const { statusCode, headers, body } = await app.inject('/open');
    await app.close();
    return { statusCode, type: headers['content-type'], body };
  };
  const whole = { statusCode: 200, type: 'application/json; charset=utf-8', body: '{ "n": 1 }' };
  assert.deepEqual(await answerTo('{ "n": 1 }'), whole);
  assert.equal((await answerTo('{ "n": "one" }')).statusCode, 500);
  assert.equal((await answerTo('{ "n": ')).statusCode, 500);
});

test('with checkReplies a reply that breaks its contract is a 500', async () => {
  const routes = [implement(open, () => ({ n: 'one' }) as unknown as { n: number })];
  for (const [checkReplies, status] of [
    [true, 500],
    [false, 200],
  ]) {
    const app = appOf(routes, { checkReplies });
    assert.equal((await app.inject('/open')).statusCode, status);
    await app.close();
  }
});

test('metrics are there when they are given', async () => {
  const app = appOf([], { metrics: async () => 'kumo_up 1\n' });
  assert.equal((await app.inject('/metrics')).body, 'kumo_up 1\n');
  assert.equal((await appOf([]).inject('/metrics')).statusCode, 404);
  await app.close();
});

test("another service's 401 does not become ours", async () => {
  const other = exampleApp();
  const things = client(
    { whoAmI },
    inProcess(() => other),
    { from: 's', to: 'thing-api', token: async () => 'stale' },
  );
  const app = appOf([
    implement(open, async () => {
      await things.whoAmI();
      return { n: 1 };
    }),
  ]);
  assert.equal((await app.inject('/open')).statusCode, 500);
  await Promise.all([app.close(), other.close()]);
});

test('links begin with what the app was told to trust', async () => {
  const headers = {
    'x-auth-token': 'member',
    host: 'real:1',
    'x-forwarded-host': 'outer.example',
    'x-forwarded-proto': 'https',
    'x-forwarded-prefix': '/thing',
  };
  const baseUrl = async (setting: string | undefined, more = {}) => {
    const app = exampleApp({ baseUrl: setting });
    const { baseUrl: found } = (await app.inject({ url: '/v2/me', headers: { ...headers, ...more } })).json();
    await app.close();
    return found;
  };
  assert.equal(await baseUrl(undefined), 'http://real:1');
  assert.equal(await baseUrl('forwarded'), 'https://outer.example/thing');
  assert.equal(await baseUrl('https://configured/'), 'https://configured');
  assert.equal(await baseUrl('host', { host: 'evil"><script>' }), 'http://localhost');
});

const facts = { url: '/v2/things?limit=2&marker=a&name=x%20y', baseUrl: 'http://h:1' } as RequestFacts;

test('paging links of each family', () => {
  assert.deepEqual(nextLinks('servers', facts, undefined), {});
  assert.deepEqual(nextLinks('servers', facts, 'b'), {
    servers_links: [{ rel: 'next', href: 'http://h:1/v2/things?limit=2&marker=b&name=x+y' }],
  });
  assert.deepEqual(
    pageLinks('networks', facts, { next: 'b', previous: 'c' }).networks_links?.map((link) => link.href),
    [
      'http://h:1/v2/things?limit=2&marker=b&name=x+y',
      'http://h:1/v2/things?limit=2&marker=c&name=x+y&page_reverse=True',
    ],
  );
  assert.deepEqual(firstAndNext(facts, 'b'), {
    first: '/v2/things?limit=2&name=x+y',
    next: '/v2/things?limit=2&marker=b&name=x+y',
  });
  assert.deepEqual(keystoneLinks({ ...facts, url: '/v3/users' } as RequestFacts), {
    self: 'http://h:1/v3/users',
    next: null,
    previous: null,
  });
});

test('sorting, page size, fields', () => {
  const keys = { created_at: 'createdAt', name: 'name' } as const;
  assert.deepEqual(sortsOf({ sort: 'name:asc,created_at' }, { keys }), [
    { key: 'name', direction: 'asc' },
    { key: 'createdAt', direction: 'desc' },
  ]);
  assert.deepEqual(sortsOf({ sort_key: ['name', 'created_at'], sort_dir: ['asc'] }, { keys }), [
    { key: 'name', direction: 'asc' },
    { key: 'createdAt', direction: 'asc' },
  ]);
  assert.deepEqual(sortsOf({}, { keys }), []);
  for (const sort of ['secret', 'toString', 'name:up'])
    assert.throws(
      () => sortsOf({ sort }, { keys }),
      (error) => error instanceof KumoError && error.kind === 'badRequest',
    );
  assert.deepEqual(
    [pageSize(undefined, 1000), pageSize(0, 1000), pageSize(5, 1000), pageSize(5000, 1000)],
    [1000, 0, 5, 1000],
  );
  assert.deepEqual(pickFields({ id: 1, name: 2, other: 3 }, ['id,name']), { id: 1, name: 2 });
});
