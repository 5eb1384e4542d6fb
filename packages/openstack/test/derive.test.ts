import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredSpan } from '@kumo/core/telemetry';
import { deriveSteps } from '../src/trace/derive.ts';

const SERVER = 'server-1';
let clock = 1_000_000;

type Wanted = Pick<StoredSpan, 'name' | 'kind' | 'from' | 'to' | 'side'> & Partial<StoredSpan>;

function span(id: string, parentId: string | null, wanted: Wanted): StoredSpan {
  clock += 1_000;
  return {
    traceId: 'trace',
    spanId: id,
    parentId,
    startUs: clock,
    durationUs: 500,
    status: 'ok',
    attributes: {},
    serverId: null,
    auditId: null,
    requestId: null,
    step: null,
    ...wanted,
  };
}

const http = (name: string, from: string, to: string, side: 'client' | 'server' = 'client'): Wanted => ({
  name,
  kind: 'http',
  from,
  to,
  side,
});
const amqp = (name: string, from: string, to: string, side: 'client' | 'server'): Wanted => ({
  name,
  kind: 'amqp',
  from,
  to,
  side,
});
const sql = (name: string, from: string): Wanted => ({ name, kind: 'sql', from, to: 'nova database', side: 'client' });

function wholeBuild(): StoredSpan[] {
  return [
    span('login', null, { ...http('issueToken', 'client', 'keystone', 'server'), traceId: 'login', auditId: 'audit' }),
    span('post', null, { ...http('createServer', 'client', 'nova-api', 'server'), serverId: SERVER, auditId: 'audit' }),
    span('valid', 'post', { ...http('validateToken', 'nova-api', 'keystone'), attributes: { 'kumo.cached': true } }),
    span('insert', 'post', sql('INSERT servers', 'nova-api')),
    span('commit', 'post', sql('COMMIT createServer', 'nova-api')),
    span('select', 'post', {
      ...amqp('nova-scheduler.selectHost', 'nova-api', 'nova-scheduler', 'client'),
      serverId: SERVER,
    }),
    span('selecting', 'select', {
      ...amqp('nova-scheduler.selectHost', 'nova-api', 'nova-scheduler', 'server'),
      serverId: SERVER,
    }),
    span(
      'selected',
      'select',
      amqp('nova-scheduler.selectHost.reply.received', 'nova-scheduler', 'nova-api', 'client'),
    ),
    span('hosts', 'selecting', sql('SELECT compute_nodes', 'nova-scheduler')),
    span('cast', 'selecting', {
      ...amqp('nova-compute.buildServer', 'nova-scheduler', 'nova-compute', 'client'),
      serverId: SERVER,
    }),
    span('build', 'cast', {
      ...amqp('nova-compute.buildServer', 'nova-scheduler', 'nova-compute', 'server'),
      serverId: SERVER,
    }),
    span('describe', 'build', {
      ...amqp('nova-conductor.describeServer', 'nova-compute', 'nova-conductor', 'client'),
      serverId: SERVER,
    }),
    span('describing', 'describe', {
      ...amqp('nova-conductor.describeServer', 'nova-compute', 'nova-conductor', 'server'),
      serverId: SERVER,
    }),
    span('reads', 'describing', sql('SELECT servers', 'nova-conductor')),
    span(
      'described',
      'describing',
      amqp('nova-conductor.describeServer.reply', 'nova-conductor', 'nova-compute', 'client'),
    ),
    span(
      'known',
      'describe',
      amqp('nova-conductor.describeServer.reply.received', 'nova-conductor', 'nova-compute', 'client'),
    ),
    span('image', 'build', http('showImage', 'nova-compute', 'glance-api')),
    span('image-valid', 'image', http('validateToken', 'glance-api', 'keystone')),
    span('port', 'build', http('createPort', 'nova-compute', 'neutron-server')),
    span('port-valid', 'port', http('validateToken', 'neutron-server', 'keystone')),
    span('volume', 'build', http('updateAttachment', 'nova-compute', 'cinder-api')),
    span('volume-valid', 'volume', http('validateToken', 'cinder-api', 'keystone')),
    span('spawn', 'build', {
      name: 'hypervisor.spawn',
      kind: 'native',
      from: 'nova-compute',
      to: 'hypervisor',
      side: 'client',
    }),
  ];
}

test('a whole build has its 28 steps, in order, none skipped', () => {
  const steps = deriveSteps(wholeBuild(), SERVER);
  assert.ok(steps);
  assert.deepEqual(
    steps.map(({ step }) => step),
    Array.from({ length: 28 }, (_, index) => index + 1),
  );
  assert.deepEqual(
    steps.filter(({ skipped }) => skipped).map(({ step }) => step),
    [],
  );
  assert.equal(steps[3]?.cached, true);
  assert.equal(steps[18]?.cached, false);
  assert.ok(steps[0]!.startMs! < 0);
  assert.equal(steps[2]?.startMs, 0);
});

test('a step without a span is skipped, with the reason where the server did not need it', () => {
  const steps = deriveSteps(
    wholeBuild().filter(({ spanId }) => !spanId.startsWith('volume') && spanId !== 'reads'),
    SERVER,
  );
  assert.deepEqual(
    steps?.filter(({ skipped }) => skipped).map(({ step, skipped }) => [step, skipped]),
    [
      [16, 'not seen (yet)'],
      [25, 'the server has no volume'],
      [26, 'the server has no volume'],
      [27, 'the server has no volume'],
    ],
  );
});

test('steps of another server of the same request do not count', () => {
  const foreign = span('other', 'post', {
    ...amqp('nova-compute.buildServer', 'nova-scheduler', 'nova-compute', 'server'),
    serverId: 'server-2',
  });
  const below = span('other-spawn', 'other', {
    name: 'hypervisor.spawn',
    kind: 'native',
    from: 'nova-compute',
    to: 'hypervisor',
    side: 'client',
  });
  const spans = [...wholeBuild().filter(({ spanId }) => spanId !== 'spawn'), foreign, below];
  assert.equal(deriveSteps(spans, SERVER)?.[27]?.skipped, 'not seen (yet)');
});

test('the attempt that ended well counts when a step was run again', () => {
  const failed = {
    ...wholeBuild().find(({ spanId }) => spanId === 'port')!,
    spanId: 'failed',
    startUs: 1,
    status: 'error' as const,
  };
  const steps = deriveSteps([failed, ...wholeBuild()], SERVER);
  assert.ok(steps![21]!.startMs! > 0);
});

test('spans without the creation give nothing', () => {
  assert.equal(
    deriveSteps(
      wholeBuild().filter(({ spanId }) => spanId !== 'post'),
      SERVER,
    ),
    undefined,
  );
});
