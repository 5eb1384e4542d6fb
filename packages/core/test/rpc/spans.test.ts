import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { Type as T } from 'typebox';
import { openDatabase } from '../../src/db/index.ts';
import { dbJournal, type FlowTables, flow, flowMigration, flowRunner, flows } from '../../src/flow/index.ts';
import { silentLogger } from '../../src/log/index.ts';
import { call, inProcessBus, rpc } from '../../src/rpc/index.ts';
import { withSpan } from '../../src/trace/index.ts';

const exporter = new InMemorySpanExporter();
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));

const root = { kind: 'internal', from: 'test', to: 'test', attributes: { 'kumo.sample': true } } as const;

test('a call is four spans of one trace: publish, take, reply, reply.received', async () => {
  exporter.reset();
  const bus = inProcessBus({ log: silentLogger });
  const contract = rpc('scheduler', '1.0', { select: call(T.Object({}), T.Object({ host: T.String() })) });
  await bus.serve(contract, { server: 'c', name: 'nova-scheduler' }, { select: () => ({ host: 'h' }) });
  const client = bus.client(contract, { from: 'nova-api', to: 'nova-scheduler' });
  await withSpan('root', root, () => client.select({}));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const spans = exporter.getFinishedSpans();
  const byPhase = new Map(spans.map((span) => [span.attributes['kumo.rpc.phase'], span]));
  const seen = ['publish', 'take', 'reply', 'reply.received'].map((phase) => {
    const span = byPhase.get(phase)!;
    const parent = spans.find((other) => other.spanContext().spanId === span.parentSpanContext?.spanId);
    return [
      span.name,
      span.attributes['kumo.from'],
      span.attributes['kumo.to'],
      parent?.attributes['kumo.rpc.phase'] ?? parent?.name,
    ];
  });
  assert.deepEqual(seen, [
    ['scheduler.select', 'nova-api', 'nova-scheduler', 'root'],
    ['scheduler.select', 'nova-api', 'nova-scheduler', 'publish'],
    ['scheduler.select.reply', 'nova-scheduler', 'nova-api', 'take'],
    ['scheduler.select.reply.received', 'nova-scheduler', 'nova-api', 'publish'],
  ]);
  assert.equal(new Set(spans.map((span) => span.spanContext().traceId)).size, 1);
  await bus.close();
});

test('the steps of a flow belong to the trace that started it', async () => {
  exporter.reset();
  const options = {
    url: 'sqlite::memory:',
    service: 'test',
    from: 'test',
    migrations: [flowMigration],
    log: silentLogger,
  };
  const db = await openDatabase<FlowTables>(options);
  const definition = flow<object, object>('traced', 1).step('one', { run: () => {} });
  await withSpan('root', root, () => flows.start(db.q, definition, {}));
  const runner = flowRunner({
    journal: dbJournal(db),
    flows: [definition],
    deps: {},
    daemon: 'nova-compute',
    log: silentLogger,
  });
  await runner.start();
  await runner.idle();
  await runner.stop();
  await db.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const spans = exporter.getFinishedSpans();
  const parent = spans.find(({ name }) => name === 'root')!;
  const step = spans.find(({ name }) => name === 'flow.traced.one')!;
  assert.equal(step.parentSpanContext?.spanId, parent.spanContext().spanId);
  assert.deepEqual([step.attributes['kumo.kind'], step.attributes['kumo.from']], ['internal', 'nova-compute']);
});
