/** What users do wrong beside malformed requests: no line of any log above INFO, none with a stack. A fault of the cloud has both. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen } from '@kumo/core/http';
import { Harness } from '../../../cinder/test/harness.ts';
import { freePort } from '../../../core/src/testing/free-ports.ts';
import { alarmsIn, type LogLine, recordingLogger, stacksIn } from '../../../core/src/testing/log-record.ts';
import { startGlance } from '../../../glance/test/harness.ts';
import { TestKeystone } from '../../../keystone/test/harness.ts';
import { serverBody, startApi } from '../../../nova/test/api/harness.ts';
import { eventually } from '../../src/eventually.ts';

const WITHIN = { timeoutMs: 20_000, everyMs: 50 };

function assertQuiet(lines: readonly LogLine[]): void {
  assert.ok(lines.length > 0, 'something was logged');
  assert.deepEqual(alarmsIn(lines), []);
  assert.deepEqual(stacksIn(lines), []);
}

test('logins with a wrong password, of nobody, to a project that is not there, and with a bad token', async () => {
  const { log, lines } = recordingLogger();
  const keystone = await TestKeystone.start({ log });
  try {
    lines.length = 0;
    const login = (name: string, password: string, project: string) => {
      const user = { name, password, domain: { id: 'default' } };
      const scope = { project: { name: project, domain: { id: 'default' } } };
      const auth = { identity: { methods: ['password'], password: { user } }, scope };
      return keystone.expect(401, 'POST', '/v3/auth/tokens', { body: { auth }, token: null as never });
    };
    for (let round = 0; round < 3; round++) await login('admin', 'wrong', 'admin');
    await login('nobody', 'wrong', 'admin');
    await keystone.expect(401, 'GET', '/v3/users', { token: 'garbage' });
    await keystone.expect(404, 'GET', '/v3/users/nobody');
    assertQuiet(lines);
  } finally {
    await keystone.stop();
  }
});

test('a server that fits no host, one whose image or flavor is not there, and one over quota', async () => {
  const { log, lines } = recordingLogger();
  const api = await startApi({
    log,
    config: { quota: { instances: 1, cores: 20, ramMb: 10_000_000, keyPairs: 1, metadataItems: 8 } },
  });
  try {
    const flavor = { name: 'huge', id: 'huge', ram: 9_000_000, vcpus: 1, disk: 1 };
    assert.equal((await api.post('/v2.1/flavors', { flavor }, { token: 'admin' })).status, 200);
    lines.length = 0;
    const create = (fields: object) => api.post('/v2.1/servers', { server: { ...serverBody, ...fields } });
    const { status, body } = await create({ flavorRef: 'huge' });
    assert.equal(status, 202);
    const statusOf = async () => (await api.get(`/v2.1/servers/${body.server.id}`)).body.server.status;
    await eventually('the server to be in ERROR', async () => (await statusOf()) === 'ERROR' || undefined, WITHIN);
    assert.equal((await create({})).status, 403);
    assert.equal((await create({ flavorRef: 'none' })).status, 400);
    assert.equal((await create({ imageRef: '00000000-0000-4000-8000-00000000dead' })).status, 400);
    assertQuiet(lines);
    assert.ok(
      lines.some(({ reason }) => String(reason).startsWith('No valid host')),
      'the reason is in the log',
    );
  } finally {
    await api.stop();
  }
});

test('a volume that fits no back end', async () => {
  const { log, lines } = recordingLogger();
  const cinder = await Harness.start({
    log,
    config: { quota: { volumes: -1, snapshots: -1, gigabytes: -1 } } as never,
  });
  try {
    lines.length = 0;
    const { status, body } = await cinder.call('POST', '/v3/volumes', { body: { volume: { size: 90_000_000 } } });
    assert.equal(status, 202);
    await cinder.until(`/v3/volumes/${body.volume.id}`, 'volume', 'error');
    assertQuiet(lines);
    assert.ok(lines.some(({ msg }) => msg === 'a new volume fits no back end'));
  } finally {
    await cinder.stop();
  }
});

test('clients that go away within an upload or a download, and bytes that are no HTTP', async () => {
  const { log, lines } = recordingLogger();
  const glance = await startGlance({ log });
  try {
    const port = await freePort();
    await listen(glance.daemon.app!, { host: '127.0.0.1', port });
    const made = async () => {
      const body = { name: 'x', disk_format: 'raw', container_format: 'bare' };
      return (await glance.ask('POST', '/v2/images', { body })).json.id as string;
    };
    const [half, whole] = [await made(), await made()];
    const data = { body: Buffer.alloc(8 << 20), headers: { 'content-type': 'application/octet-stream' } };
    assert.equal((await glance.ask('PUT', `/v2/images/${whole}/file`, data)).status, 204);
    const headers = 'Host: x\r\nX-Auth-Token: member\r\n';
    const upload = `${headers}Content-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\n`;
    for (const [request, more] of [
      [`PUT /v2/images/${half}/file HTTP/1.1\r\n${upload}`, Buffer.alloc(200_000)],
      [`GET /v2/images/${whole}/file HTTP/1.1\r\n${headers}\r\n`, undefined],
      ['\x16\x03\x01 no HTTP\r\n\r\n', undefined],
      [`GET /v2/images HTTP/1.1\r\nbad header\r\n\r\n`, undefined],
      [`PATCH /v2/images/${whole} HTTP/1.1\r\n${headers}Content-Length: 50\r\n\r\n[{`, undefined],
    ] as const) {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(request);
      if (more) socket.write(more);
      await sleep(150);
      socket.destroy();
      await once(socket, 'close');
    }
    const statusOf = async () => (await glance.ask('GET', `/v2/images/${half}`)).json.status;
    await eventually('the image to be queued again', async () => (await statusOf()) === 'queued' || undefined, WITHIN);
    assertQuiet(lines);
  } finally {
    await glance.stop();
  }
});
