/** Audit notifications: what is told of, how, and what is never in them. */
import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import pino from 'pino';
import { type AsyncMessage, Connection } from 'rabbitmq-client';
import { testEnv } from '../../core/src/testing/env.ts';
import { startRabbitmq } from '../../core/src/testing/rabbitmq.ts';
import { AUDITED, UNTOLD } from '../src/api/audited-operations.ts';
import { keystoneOperations } from '../src/api/index.ts';
import { keystone as startKeystone } from '../src/daemons/keystone.ts';
import { ADMIN_PASSWORD, bootstrapFor, DEMO_PASSWORD, passwordAuth, TestKeystone, testConfig } from './harness.ts';

// biome-ignore lint/suspicious/noExplicitAny: payloads of every shape
type Told = { eventType: string; publisherId: string; priority: string; payload: any };

/** A Keystone whose notifications are lines of its log. */
async function withKeystone(config: object, work: (keystone: TestKeystone, told: Told[]) => Promise<void>) {
  const told: Told[] = [];
  const sink = new Writable({
    write: (line, _encoding, done) => {
      const { notification } = JSON.parse(line.toString());
      if (notification) told.push(notification);
      done();
    },
  });
  const env = testEnv({ log: pino(sink) });
  const daemon = await startKeystone(env, testConfig(config), { bootstrap: bootstrapFor() });
  await daemon.start();
  const keystone = new TestKeystone(env, daemon);
  try {
    keystone.admin = await keystone.logIn('admin', ADMIN_PASSWORD, { project: 'admin' });
    await work(keystone, told);
  } finally {
    await keystone.stop();
  }
}

const settled = async () => {
  for (let turns = 0; turns < 5; turns++) await turn();
};

test('every operation that changes something is told of, or is known not to be', () => {
  const names = new Set(
    keystoneOperations.filter((one) => !['GET', 'HEAD'].includes(one.method)).map((one) => one.name),
  );
  const known = [...Object.keys(AUDITED), ...UNTOLD];
  assert.deepEqual(
    [...names].filter((one) => !known.includes(one)),
    [],
  );
  assert.deepEqual(
    known.filter((one) => !names.has(one)),
    [],
  );
  assert.deepEqual(
    Object.keys(AUDITED).filter((one) => UNTOLD.has(one)),
    [],
  );
});

test('a user’s life is told in CADF, with who did it from where', () =>
  withKeystone({}, async (keystone, told) => {
    const headers = { 'user-agent': 'curl/8', 'x-openstack-request-id': `req-${crypto.randomUUID()}` };
    const body = { user: { name: 'eve', password: 'very secret' } };
    const answer = await keystone.call('POST', '/v3/users', { body, headers });
    const { id } = answer.body.user;
    await keystone.expect(200, 'PATCH', `/v3/users/${id}`, { body: { user: { enabled: false } } });
    await keystone.expect(204, 'DELETE', `/v3/users/${id}`);
    await keystone.expect(404, 'DELETE', `/v3/users/${id}`);
    await keystone.expect(400, 'POST', '/v3/users', { body: { user: {} } });
    await settled();
    assert.deepEqual(
      told.map((one) => one.eventType),
      ['identity.user.created', 'identity.user.updated', 'identity.user.disabled', 'identity.user.deleted'],
    );
    const [{ payload, publisherId, priority } = assert.fail()] = told;
    assert.deepEqual([publisherId, priority], ['identity.test-host', 'info']);
    const admin = (await keystone.expect(200, 'GET', '/v3/users?name=admin')).users[0];
    const service = (await keystone.expect(200, 'GET', '/v3/services?type=identity')).services[0];
    const project = (await keystone.expect(200, 'GET', '/v3/projects?name=admin')).projects[0];
    const { id: eventId, eventTime, ...rest } = payload;
    assert.match(eventId, /^[0-9a-f-]{36}$/);
    assert.match(eventTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0000$/);
    assert.deepEqual(rest, {
      typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
      eventType: 'activity',
      action: 'created.user',
      outcome: 'success',
      observer: { typeURI: 'service/security', id: service.id },
      initiator: {
        typeURI: 'service/security/account/user',
        id: admin.id,
        user_id: admin.id,
        username: 'admin',
        project_id: project.id,
        request_id: answer.headers['x-openstack-request-id'],
        global_request_id: headers['x-openstack-request-id'],
        host: { address: '127.0.0.1', agent: 'curl/8' },
      },
      target: { typeURI: 'data/security/account/user', id },
      resource_info: id,
    });
  }));

test('OSSA-2014-021: no notification holds a token, a password or a secret, in any spelling of a header', () =>
  withKeystone({ notifications: { optOut: [] } }, async (keystone, told) => {
    const secret = 'S3cret-of-somebody';
    const service = await keystone.logIn('nova', 'nova-secret', { project: 'service' });
    await settled();
    told.length = 0;
    const token = null;
    const headers = { 'X-AUTH-TOKEN': keystone.admin, 'X-Service-Token': service, Cookie: secret };
    const { user } = await keystone.expect(201, 'POST', '/v3/users', {
      token,
      headers,
      body: { user: { name: 'x', password: secret, secret } },
    });
    const credential = { type: 'ec2', blob: JSON.stringify({ access: 'a', secret }), user_id: user.id };
    const { id: project_id } = (await keystone.expect(200, 'GET', '/v3/projects?name=admin')).projects[0];
    await keystone.expect(201, 'POST', '/v3/credentials', {
      token,
      headers,
      body: { credential: { ...credential, project_id } },
    });
    const mine = (await keystone.expect(200, 'GET', '/v3/users?name=admin')).users[0].id;
    const made = await keystone.expect(201, 'POST', `/v3/users/${mine}/application_credentials`, {
      token,
      headers,
      body: { application_credential: { name: 'a', secret } },
    });
    await keystone.call('POST', '/v3/auth/tokens', { token: null, headers, body: passwordAuth('x', 'wrong-secret') });
    const issued = await keystone.logIn('x', secret);
    await keystone.call('POST', `/v3/users/${user.id}/password`, {
      token,
      headers,
      body: { user: { original_password: secret, password: `${secret}-2` } },
    });
    await settled();
    assert.deepEqual(told.map((one) => one.eventType).toSorted(), [
      'identity.application_credential.created',
      'identity.authenticate',
      'identity.authenticate',
      'identity.credential.created',
      'identity.user.created',
      'identity.user.updated',
    ]);
    const text = JSON.stringify(told);
    for (const wrong of [secret, 'wrong-secret', keystone.admin, issued, service, made.application_credential.secret])
      assert.ok(!text.includes(wrong));
    assert.doesNotMatch(text, /x-auth-token|x-service-token|cookie|password"|gAAAA/i);
  }));

test('failed logins are told with their reason, right ones only to who asks for it', () =>
  withKeystone(
    { securityCompliance: { lockoutFailureAttempts: 1, lockoutDuration: 60, passwordExpiresDays: 1 } },
    async (keystone, told) => {
      const { user } = await keystone.expect(201, 'POST', '/v3/users', {
        body: { user: { name: 'f', password: 'pw' } },
      });
      told.length = 0;
      const logIn = (name: string, password: string) =>
        keystone.call('POST', '/v3/auth/tokens', { token: null, body: passwordAuth(name, password) });
      await logIn('demo', DEMO_PASSWORD);
      await logIn('nobody', 'x');
      await settled();
      assert.equal(told.length, 0);
      assert.equal((await logIn('f', 'wrong')).status, 401);
      assert.equal((await logIn('f', 'pw')).status, 401);
      await settled();
      const [wrong, locked] = told.map((one) => one.payload);
      for (const one of [wrong, locked])
        assert.deepEqual(
          [one.action, one.outcome, one.initiator.user_id, one.initiator.username, one.target.typeURI],
          ['authenticate', 'failure', user.id, 'f', 'service/security/account/user'],
        );
      assert.equal(wrong.reason, undefined);
      assert.deepEqual(locked.reason, {
        reasonType: `The account is locked for user: ${user.id}.`,
        reasonCode: '401',
      });
    },
  ));

test('a password that breaks the rules is told of as refused', () =>
  withKeystone({ securityCompliance: { passwordRegex: '^.{9,}$' } }, async (keystone, told) => {
    const body = { user: { name: 'r', password: 'long enough' } };
    const { user } = await keystone.expect(201, 'POST', '/v3/users', { body });
    told.length = 0;
    const change = { user: { original_password: 'long enough', password: 'short' } };
    await keystone.expect(400, 'POST', `/v3/users/${user.id}/password`, { token: null, body: change });
    await settled();
    const [{ eventType, payload } = assert.fail()] = told;
    assert.deepEqual(
      [eventType, payload.outcome, payload.reason.reasonCode],
      ['identity.user.updated', 'failure', '400'],
    );
    assert.match(payload.reason.reasonType, /does not match the requirements/);
  }));

test('who is given which role is told with all its parts', () =>
  withKeystone({ notifications: { format: 'basic' } }, async (keystone, told) => {
    const [user] = (await keystone.expect(200, 'GET', '/v3/users?name=demo')).users;
    const [role] = (await keystone.expect(200, 'GET', '/v3/roles?name=reader')).roles;
    const [project] = (await keystone.expect(200, 'GET', '/v3/projects?name=admin')).projects;
    const path = `/v3/OS-INHERIT/projects/${project.id}/users/${user.id}/roles/${role.id}/inherited_to_projects`;
    await keystone.expect(204, 'PUT', path);
    await keystone.expect(204, 'DELETE', path);
    await keystone.expect(404, 'DELETE', path);
    const { group } = await keystone.expect(201, 'POST', '/v3/groups', { body: { group: { name: 'g' } } });
    await keystone.expect(204, 'PUT', `/v3/groups/${group.id}/users/${user.id}`);
    await settled();
    const assignments = told.filter((one) => one.eventType.startsWith('identity.role_assignment.'));
    assert.deepEqual(
      assignments.map(({ eventType, payload }) => [eventType, payload.action, payload.outcome]),
      [
        ['identity.role_assignment.created', 'created.role_assignment', 'success'],
        ['identity.role_assignment.deleted', 'deleted.role_assignment', 'success'],
        ['identity.role_assignment.deleted', 'deleted.role_assignment', 'failure'],
      ],
    );
    const {
      user: holder,
      project: place,
      role: what,
      inherited_to_projects,
    } = (assignments[0] ?? assert.fail()).payload;
    assert.deepEqual([holder, place, what, inherited_to_projects], [user.id, project.id, role.id, true]);
    const basic = told.filter((one) => one.eventType.startsWith('identity.group.'));
    assert.deepEqual(
      basic.map(({ eventType, payload: { request_id, ...payload } }) => [eventType, payload]),
      [
        ['identity.group.created', { resource_info: group.id }],
        [
          'identity.group.updated',
          { resource_info: group.id, actor_id: user.id, actor_type: 'user', actor_operation: 'added' },
        ],
      ],
    );
  }));

test('what is opted out of is not told', () =>
  withKeystone(
    { notifications: { optOut: ['identity.authenticate.success', 'identity.role.created'] } },
    async (keystone, told) => {
      const { role } = await keystone.expect(201, 'POST', '/v3/roles', { body: { role: { name: 'quiet' } } });
      await keystone.expect(204, 'DELETE', `/v3/roles/${role.id}`);
      await settled();
      assert.deepEqual(
        told.map((one) => one.eventType),
        ['identity.role.deleted'],
      );
    },
  ));

test('with RabbitMQ, a listener of oslo.messaging hears of it', { timeout: 60_000 }, async () => {
  const broker = await startRabbitmq();
  const connection = new Connection({ url: broker.url });
  const events: Record<string, unknown>[] = [];
  const consumer = connection.createConsumer(
    {
      queue: 'listener',
      queueOptions: { durable: true },
      exchanges: [{ exchange: 'keystone', type: 'topic', durable: false }],
      queueBindings: [{ exchange: 'keystone', routingKey: 'notifications.info' }],
    },
    async ({ body }: AsyncMessage) => {
      const envelope = Buffer.isBuffer(body) ? JSON.parse(body.toString()) : body;
      events.push(JSON.parse(envelope['oslo.message']));
    },
  );
  await new Promise<void>((resolve) => consumer.once('ready', resolve));
  const env = { ...testEnv(), busUrl: broker.url };
  const daemon = await startKeystone(env, testConfig(), { bootstrap: bootstrapFor() });
  await daemon.start();
  const keystone = new TestKeystone(env, daemon);
  try {
    keystone.admin = await keystone.logIn('admin', ADMIN_PASSWORD, { project: 'admin' });
    const { region } = await keystone.expect(201, 'POST', '/v3/regions', { body: { region: { id: 'told' } } });
    for (let tries = 0; tries < 200 && events.length === 0; tries++) await sleep(50);
    assert.deepEqual(
      events.map(({ event_type, publisher_id, priority }) => [event_type, publisher_id, priority]),
      [['identity.region.created', 'identity.test-host', 'INFO']],
    );
    const { resource_info } = (events[0] ?? assert.fail()).payload as { resource_info: string };
    assert.equal(resource_info, region.id);
    // That what is told meanwhile arrives later: core/test/notify.
    await consumer.close();
    await connection.close();
    await broker.stop();
    const began = performance.now();
    await keystone.expect(201, 'POST', '/v3/regions', { body: { region: { id: 'meanwhile' } } });
    await keystone.expect(204, 'DELETE', '/v3/regions/meanwhile');
    assert.ok(performance.now() - began < 3_000, 'a request does not wait for the broker');
  } finally {
    await keystone.stop();
    await consumer.close();
    await connection.close();
    await broker.destroy();
  }
});
