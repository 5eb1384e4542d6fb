import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { pageQuery } from '../../src/db/index.ts';
import { openTest } from './dialects.ts';
import { type TestTables, testMigrations, thing } from './schema.ts';

const exporter = new InMemorySpanExporter();
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
trace.setGlobalTracerProvider(provider);
after(() => trace.disable());

test('inside a recorded trace each statement is a sql span from the daemon to its database; outside there is none', async () => {
  const db = await openTest<TestTables>('sqlite::memory:', testMigrations);
  await db.q.selectFrom('things').selectAll().execute();
  await provider.forceFlush();
  assert.deepEqual(
    exporter.getFinishedSpans().map(({ name }) => name),
    [],
  );
  await provider.getTracer('test').startActiveSpan('request', async (request) => {
    await db.transaction(async (tx) => {
      await tx.insertInto('things').values(thing('secret-id')).execute();
      await tx.updateTable('things').set({ size: 1 }).execute();
    });
    await pageQuery(db.q.selectFrom('things').selectAll(), { limit: 1 });
    await db.q.selectFrom('things as t').innerJoin('owners', 'owners.id', 't.owner_id').select('t.id').execute();
    await db.q.deleteFrom('things').execute();
    request.end();
  });
  await provider.forceFlush();
  const spans = exporter.getFinishedSpans();
  const names = [
    'BEGIN',
    'INSERT things',
    'UPDATE things',
    'COMMIT',
    'SELECT things',
    'SELECT things',
    'DELETE things',
    'request',
  ];
  assert.deepEqual(
    spans.map(({ name }) => name),
    names,
  );
  const { attributes } = spans[1]!;
  assert.equal(attributes['kumo.kind'], 'sql');
  assert.equal(attributes['kumo.from'], 'test-api');
  assert.equal(attributes['kumo.to'], 'test database');
  assert.ok(!JSON.stringify(attributes).includes('secret-id'), 'values stay out of traces');
  await db.close();
});
