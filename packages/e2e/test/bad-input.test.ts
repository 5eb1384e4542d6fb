/** Malformed and forbidden requests to every service: the documented refusal, and not one row of any database changed. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api, ServiceName } from '../src/api.ts';
import { makeExistingResources } from '../src/bad-requests/existing-resources.ts';
import { type BadRequest, badRequests, type Known } from '../src/bad-requests/index.ts';
import { Cloud } from '../src/cloud.ts';
import { differences, dumpDatabases } from '../src/database-dump.ts';
import { eventually } from '../src/eventually.ts';

const TOKEN_SECONDS = 8;
const SETTINGS = { nova: { compute: { driver: 'fake' }, quota: { instances: 2 } } };

let cloud: Cloud;
let known: Known;
let admin: Api;
let demo: Api;

before(async () => {
  // A cloud whose tokens last for seconds gives one that will have expired; then the same cloud with tokens of an hour.
  const short = { fake: true, settings: { ...SETTINGS, keystone: { tokens: { expirationSeconds: TOKEN_SECONDS } } } };
  cloud = await Cloud.start(short);
  const { token } = await cloud.api('demo');
  const expiredAt = Date.now() + TOKEN_SECONDS * 1000;
  await cloud.down();
  cloud.configure({ fake: true, settings: SETTINGS });
  await cloud.up();
  await sleep(Math.max(0, expiredAt - Date.now()));
  known = await makeExistingResources(cloud, token);
  [admin, demo] = await Promise.all([cloud.api('admin'), cloud.api('demo')]);
  await admin.put('network', `/quotas/${demo.projectId}`, { quota: { router: 1 } });
  await untilQuiet();
});
after(() => cloud?.[Symbol.asyncDispose]());

/** Waits until what was asked for is done, so that nothing but a request can change a row. */
async function untilQuiet(): Promise<void> {
  let last = dumpDatabases(cloud.stateDir);
  await eventually(
    'the databases to come to rest',
    async () => {
      const now = dumpDatabases(cloud.stateDir);
      const isQuiet = differences(last, now).length === 0;
      last = now;
      return isQuiet || undefined;
    },
    { everyMs: 1_000, timeoutMs: 30_000 },
  );
}

function attempt({ service, method, path, as = 'demo', body, headers }: BadRequest) {
  const session = as === 'admin' ? admin : demo;
  const token = as === null ? null : typeof as === 'object' ? as.token : session.token;
  return session.request(service, method, path, { body, headers, token });
}

test('bad requests are refused as documented, and change nothing', async (t) => {
  const requests = badRequests(known);
  assert.ok(requests.length >= 60, `${requests.length} requests`);
  let before = dumpDatabases(cloud.stateDir);
  for (const bad of requests) {
    await t.test(`${bad.service}: ${bad.wrong}`, async () => {
      const reply = await attempt(bad);
      const line = `${bad.method} ${bad.path} ${JSON.stringify(bad.body)?.slice(0, 200)} -> ${reply.status} ${reply.text.slice(0, 500)}`;
      const now = dumpDatabases(cloud.stateDir);
      const changed = differences(before, now);
      before = now;
      assert.equal(reply.status, bad.status, line);
      if (bad.says) assert.match(reply.text, bad.says, line);
      assert.doesNotMatch(reply.text, /\.ts:\d+|node_modules|SQLITE|at async/, 'internals leak');
      assert.deepEqual(changed, []);
    });
  }
});

test('a good request changes rows, and that is seen', async () => {
  const before = dumpDatabases(cloud.stateDir);
  await demo.post('network', '/networks', { network: { name: 'good' } });
  assert.ok(differences(before, dumpDatabases(cloud.stateDir)).some((line) => line.startsWith('+ neutron.networks ')));
});

/** Announces a body and sends nothing of it; gives the status that comes all the same. */
function announce(api: Api, service: ServiceName, path: string, bytes: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-auth-token': api.token, 'content-type': 'application/json', 'content-length': bytes };
    const asking = request(`${api.urls[service]}${path}`, { method: 'POST', headers, timeout: 5_000 }, (answer) => {
      resolve(answer.statusCode ?? 0);
      asking.destroy();
    });
    asking.on('timeout', () => asking.destroy(new Error(`${service} waits for a body of ${bytes} bytes`)));
    asking.on('error', reject);
    asking.write('{"a": "');
  });
}

test('a JSON body of 2 GB is refused before it comes', async () => {
  const before = dumpDatabases(cloud.stateDir);
  const paths: Record<ServiceName, string> = {
    identity: '/v3/projects',
    image: '/v2/images',
    placement: '/resource_providers',
    compute: '/v2.1/servers',
    network: '/v2.0/networks',
    volume: `/v3/${admin.projectId}/volumes`,
  };
  for (const [service, path] of Object.entries(paths)) {
    assert.equal(await announce(admin, service as ServiceName, path, 2 * 2 ** 30), 413, service);
  }
  assert.deepEqual(differences(before, dumpDatabases(cloud.stateDir)), []);
});
