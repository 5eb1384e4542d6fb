/** Health and metrics, as load balancers and Prometheus ask for them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLogger } from '@kumo/core/log';
import { renderPrometheus } from '@kumo/core/telemetry';
import { testEnv } from '../../core/src/testing/env.ts';
import { Health } from '../src/app/health.ts';
import { Changes } from '../src/db/changes.ts';
import { openKeystoneDatabase } from '../src/db/open.ts';
import { TestKeystone } from './harness.ts';

test('a Keystone is healthy until an operator or its database says otherwise', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'kumo-keystone-'));
  const disableFile = join(dir, 'disabled');
  const keystone = await TestKeystone.start({ config: { healthcheck: { disableFile }, changeCheckMs: 0 } });
  const app = keystone.daemon.app ?? assert.fail();
  const get = (method: 'GET' | 'HEAD' = 'GET', accept = '*/*') =>
    app.inject({ method, url: '/healthcheck', headers: { accept } });
  try {
    const fine = await get();
    assert.deepEqual([fine.statusCode, fine.body], [200, 'OK']);
    assert.match(String(fine.headers['content-type']), /^text\/plain/);
    const json = await get('GET', 'application/json');
    assert.deepEqual([json.statusCode, json.json()], [200, { detailed: false, reasons: ['OK'] }]);
    assert.equal((await get('HEAD')).statusCode, 204);
    writeFileSync(disableFile, '');
    const disabled = await get();
    assert.deepEqual([disabled.statusCode, disabled.body], [503, 'DISABLED BY FILE']);
    assert.equal((await get('HEAD')).statusCode, 503);
    rmSync(disableFile);
    assert.equal((await get()).statusCode, 200);
  } finally {
    await keystone.stop();
    rmSync(dir, { recursive: true });
  }
});

test('requests are counted by operation, and how long they take', async () => {
  const keystone = await TestKeystone.start();
  try {
    await keystone.expect(200, 'GET', '/v3/regions');
    await keystone.expect(404, 'GET', '/v3/regions/none');
    const text = await renderPrometheus();
    assert.match(text, /keystone_requests_total\{operation="listRegions",status="2xx"\} 1\n/);
    assert.match(text, /keystone_requests_total\{operation="showRegion",status="4xx"\} 1\n/);
    assert.match(text, /keystone_request_seconds_count\{operation="listRegions"\} 1\n/);
  } finally {
    await keystone.stop();
  }
});

test('without its database a Keystone is not healthy', async () => {
  const env = testEnv();
  const db = await openKeystoneDatabase(env, 'keystone');
  const health = new Health({ changes: new Changes(db, 0), log: silentLogger, disableFile: undefined });
  assert.equal((await health.look()).isHealthy, true);
  await db.close();
  assert.deepEqual(await health.look(), { isHealthy: false, reason: 'DATABASE UNAVAILABLE' });
  await env.cleanUp();
});
