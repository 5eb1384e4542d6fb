import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { context, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import Fastify from 'fastify';
import { client, inProcess, TokenValidator } from '../../src/client/index.ts';
import { withSpan } from '../../src/trace/index.ts';
import { exampleApp, operations } from './example-service.ts';

const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const observed: [string, number][] = [];
const app = exampleApp({ observe: (operation, status) => observed.push([operation, status]) });
const things = client(
  operations,
  inProcess(() => app),
  { from: 'nova-compute', to: 'thing-api', token: async () => 'member', serviceType: 'thing', version: '2.9' },
);
beforeEach(() => exporter.reset());
after(() => app.close());

const spans = () => exporter.getFinishedSpans();
const act = { params: { project_id: 'p1', id: 'one' }, body: { 'os-start': null } } as const;

test('a call between daemons is a client span with a server span inside, named by the operation', async () => {
  await withSpan(
    'outer',
    { kind: 'internal', from: 'nova-compute', to: 'nova-compute', attributes: { 'kumo.sample': true } },
    () => things.startThing(act),
  );
  const server = spans().find((span) => span.kind === SpanKind.SERVER);
  const caller = spans().find((span) => span.kind === SpanKind.CLIENT);
  assert.ok(server && caller);
  assert.deepEqual([server.name, caller.name], ['startThing', 'startThing']);
  assert.equal(server.spanContext().traceId, caller.spanContext().traceId);
  assert.equal(server.parentSpanContext?.spanId, caller.spanContext().spanId);
  const { 'kumo.request_id': requestId, ...attributes } = server.attributes;
  assert.match(String(requestId), /^req-/);
  assert.deepEqual(attributes, {
    'kumo.kind': 'http',
    'kumo.from': 'nova-compute',
    'kumo.to': 'thing-api',
    'http.method': 'POST',
    'http.route': '/v2/{project_id}/things/{id}/action',
    'http.status_code': 202,
    'kumo.operation': 'startThing',
    'kumo.audit_id': 'audit-1',
  });
});

test("a client's read is no span, its write begins a trace; foreign trace ids are not continued", async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const headers = { 'x-auth-token': 'member', traceparent };
  await app.inject({ method: 'GET', url: '/v2/me', headers });
  assert.equal(spans().length, 0);
  await app.inject({ method: 'POST', url: '/v2/p1/things/one/action', headers, payload: { 'os-start': null } });
  assert.deepEqual(
    spans().map((span) => [
      span.attributes['kumo.from'],
      span.parentSpanContext,
      span.spanContext().traceId === '0af7651916cd43dd8448eb211c80319c',
    ]),
    [['client', undefined, false]],
  );
});

test('reads inside a trace are spans', async () => {
  await withSpan('outer', { kind: 'internal', from: 'a', to: 'a', attributes: { 'kumo.sample': true } }, () =>
    things.whoAmI(),
  );
  assert.equal(spans().filter((span) => span.kind === SpanKind.SERVER).length, 1);
});

test('a failed request marks its span', async () => {
  await assert.rejects(things.fail({ body: { kind: 'bug' } }));
  const server = spans().find((span) => span.kind === SpanKind.SERVER);
  assert.equal(server?.attributes['http.status_code'], 500);
  assert.doesNotMatch(String(server?.status.message), /hunter2/);
});

test('a cached validation shows itself in a trace', async () => {
  const validator = new TokenValidator({
    transport: inProcess(() => identity),
    serviceToken: { token: async () => 'service', invalidate: () => {} },
    from: 'nova-api',
  });
  const body = { token: { user: { id: 'u1' } } };
  const identity = exampleIdentity(body);
  await withSpan('outer', { kind: 'internal', from: 'a', to: 'a', attributes: { 'kumo.sample': true } }, async () => {
    await validator.validate('x');
    await validator.validate('x');
  });
  const asked = spans().filter((span) => span.name === 'validateToken' && span.kind === SpanKind.CLIENT);
  assert.deepEqual(
    asked.map((span) => span.attributes['kumo.cached']),
    [undefined, true],
  );
});

test('every request is observed once, by operation and status', async () => {
  observed.length = 0;
  await app.inject({
    method: 'POST',
    url: '/v2/p1/things/one/action',
    headers: { 'x-auth-token': 'member' },
    payload: { 'os-start': null },
  });
  await app.inject({ method: 'GET', url: '/v2/data/broken', headers: { 'x-auth-token': 'member' } });
  await app.inject({ method: 'GET', url: '/v2/data/x', headers: { 'x-auth-token': 'member' } });
  await app.inject({ method: 'GET', url: '/nowhere' });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(observed, [
    ['startThing', 202],
    ['download', 500],
    ['download', 200],
    ['none', 404],
  ]);
});

function exampleIdentity(body: object) {
  const identity = Fastify();
  identity.get('/v3/auth/tokens', async () => body);
  return identity;
}
