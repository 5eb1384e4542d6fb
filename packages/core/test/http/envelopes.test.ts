import assert from 'node:assert/strict';
import { test } from 'node:test';
import { client, inProcess } from '../../src/client/index.ts';
import type { KumoError } from '../../src/errors/index.ts';
import {
  cinderEnvelope,
  type Envelope,
  glanceEnvelope,
  keystoneEnvelope,
  neutronEnvelope,
  novaEnvelope,
  placementEnvelope,
} from '../../src/http/index.ts';
import { exampleApp, operations } from './example-service.ts';

async function answers(envelope: Envelope) {
  const app = exampleApp({ envelope });
  const ask = async (kind: string) => {
    const reply = await app.inject({ method: 'POST', url: '/v2/fail', payload: { kind } });
    return {
      status: reply.statusCode,
      type: String(reply.headers['content-type']),
      text: reply.body,
      retryAfter: reply.headers['retry-after'],
      id: reply.headers['x-openstack-request-id'],
    };
  };
  const error = await client(
    operations,
    inProcess(() => app),
    { from: 'a', to: 'b' },
  )
    .fail({ body: { kind: 'notFound' } })
    .catch((reason: KumoError) => reason);
  const result = {
    notFound: await ask('notFound'),
    quota: await ask('quota'),
    unauthorized: await app.inject({ url: '/v2/me' }),
    read: error as KumoError,
  };
  await app.close();
  return result;
}
const MESSAGE = 'Thing x<y could not be found.';

test('nova and cinder: a fault by name; quota 403 and 413', async () => {
  const nova = await answers(novaEnvelope);
  assert.deepEqual(JSON.parse(nova.notFound.text), { itemNotFound: { code: 404, message: MESSAGE } });
  assert.deepEqual([nova.quota.status, Object.keys(JSON.parse(nova.quota.text))], [403, ['forbidden']]);
  assert.deepEqual([nova.read.kind, nova.read.code, nova.read.message], ['notFound', 'itemNotFound', MESSAGE]);
  const cinder = await answers(cinderEnvelope);
  assert.deepEqual(JSON.parse(cinder.quota.text), {
    overLimit: { code: 413, message: 'Quota exceeded for things: 5.', retryAfter: '30' },
  });
  assert.deepEqual([cinder.quota.status, cinder.quota.retryAfter], [413, '30']);
});

test('neutron: type, message, detail; quota 409', async () => {
  const { notFound, quota, read } = await answers(neutronEnvelope);
  assert.deepEqual(JSON.parse(notFound.text), {
    NeutronError: { type: 'ThingNotFound', message: MESSAGE, detail: '' },
  });
  assert.equal(quota.status, 409);
  assert.deepEqual([read.kind, read.code, read.message], ['notFound', 'ThingNotFound', MESSAGE]);
});

test('keystone: code, title, message, its own 401 with the challenge', async () => {
  const { notFound, unauthorized, read } = await answers(keystoneEnvelope);
  assert.deepEqual(JSON.parse(notFound.text), { error: { code: 404, message: MESSAGE, title: 'Not Found' } });
  assert.deepEqual([unauthorized.statusCode, unauthorized.json().error.title], [401, 'Unauthorized']);
  assert.equal(unauthorized.headers['www-authenticate'], 'Keystone uri="http://keystone:5000"');
  assert.deepEqual([read.code, read.message], ['NotFound', MESSAGE]);
});

test('glance: a page, its text escaped', async () => {
  const { notFound, read, quota } = await answers(glanceEnvelope);
  assert.match(notFound.type, /^text\/html/);
  assert.match(
    notFound.text,
    /<title>404 Not Found<\/title>[\s\S]*<h1>404 Not Found<\/h1>\n {2}Thing x&lt;y could not be found\.<br \/>/,
  );
  assert.equal(quota.status, 413);
  assert.deepEqual([read.kind, read.code, read.message], ['notFound', 'NotFound', MESSAGE]);
});

test('placement: a list of errors with the request id', async () => {
  const { notFound, read } = await answers(placementEnvelope);
  assert.deepEqual(JSON.parse(notFound.text), {
    errors: [
      { status: 404, title: 'Not Found', detail: MESSAGE, code: 'placement.undefined_code', request_id: notFound.id },
    ],
  });
  assert.equal(read.message, MESSAGE);
});

test('behind keystonemiddleware every service has the same 401', async () => {
  for (const envelope of [novaEnvelope, neutronEnvelope, glanceEnvelope, placementEnvelope]) {
    const { unauthorized } = await answers(envelope);
    assert.equal(unauthorized.json().error.code, 401);
    assert.match(String(unauthorized.headers['content-type']), /^application\/json/);
  }
});
