import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import {
  parseFault,
  renderPrometheus,
  type StoredSpan,
  startTelemetry,
  type Telemetry,
  TraceStore,
} from '../../src/telemetry/index.ts';
import { noSmallDisk, smallDisk } from '../../src/testing/small-disk.ts';
import {
  annotate,
  currentTraceparent,
  instantSpan,
  isRecording,
  type SpanOptions,
  withRemoteParent,
  withSpan,
} from '../../src/trace/index.ts';

const root = mkdtempSync(join(tmpdir(), 'kumo-telemetry-'));
after(() => rmSync(root, { recursive: true }));
let telemetry: Telemetry | undefined;
afterEach(async () => {
  await telemetry?.stop();
  telemetry = undefined;
});

let directories = 0;
const freshDir = () => join(root, `state-${directories++}`);
const request = (method: string, attributes = {}): SpanOptions => ({
  kind: 'http',
  side: 'server',
  from: 'client',
  to: 'nova-api',
  attributes: { 'http.method': method, ...attributes },
});
const sql: SpanOptions = { kind: 'sql', from: 'nova-api', to: 'nova database' };
const program = fileURLToPath(new URL('traced-process.ts', import.meta.url));

function start(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
}

test('a changing request is kept with all that happens below it, also elsewhere and later', async () => {
  telemetry = await startTelemetry({ stateDir: freshDir() });
  let remote: string | undefined;
  let traceId = '';
  await withSpan('createServer', request('POST', { 'kumo.request_id': 'req-1' }), async (span) => {
    traceId = span.spanContext().traceId;
    assert.equal(isRecording(), true);
    annotate({ 'kumo.server_id': 's1', 'kumo.audit_id': 'a1' });
    await assert.rejects(
      withSpan('INSERT servers', sql, () => Promise.reject(new Error('no space'))),
      /no space/,
    );
    instantSpan('take', { kind: 'amqp', side: 'server', from: 'nova-api', to: 'nova-scheduler' });
    remote = currentTraceparent();
  });
  await withRemoteParent(remote, () =>
    withSpan(
      'resumed',
      { kind: 'internal', from: 'nova-compute', to: 'nova-compute', attributes: { 'kumo.step': 28, cached: true } },
      async () => {},
    ),
  );
  await telemetry.flush();
  const spans = telemetry.store.spansOfTrace(traceId);
  const by = (name: string) => spans.find((span) => span.name === name)!;
  assert.deepEqual(spans.map(({ name }) => name).sort(), ['INSERT servers', 'createServer', 'resumed', 'take']);
  const top = by('createServer');
  assert.deepEqual(
    [top.kind, top.side, top.from, top.to, top.parentId],
    ['http', 'server', 'client', 'nova-api', null],
  );
  assert.deepEqual([top.serverId, top.auditId, top.requestId, top.status], ['s1', 'a1', 'req-1', 'ok']);
  assert.deepEqual(top.attributes, { 'http.method': 'POST' });
  assert.ok(Math.abs(top.startUs / 1_000 - Date.now()) < 5_000);
  assert.deepEqual([by('INSERT servers').status, by('INSERT servers').attributes.error], ['error', 'no space']);
  assert.deepEqual([by('take').durationUs, by('take').parentId], [0, top.spanId]);
  assert.deepEqual(
    [by('resumed').step, by('resumed').attributes, by('resumed').parentId],
    ['28', { cached: true }, top.spanId],
  );
});

test('reads and periodic work are not kept, nor what they cause; kumo.sample asks for it', async () => {
  telemetry = await startTelemetry({ stateDir: freshDir() });
  const periodic: SpanOptions = { kind: 'internal', from: 'nova-compute', to: 'nova-compute' };
  const inside = () =>
    withSpan('POST inside', { ...request('POST', { 'kumo.server_id': 'quiet' }), side: 'client' }, async () =>
      currentTraceparent(),
    );
  for (const options of [request('GET'), request('HEAD'), request('OPTIONS'), periodic]) {
    const traceparent = await withSpan('quiet', options, inside);
    assert.match(traceparent ?? '', /-00$/, 'the peer is told not to sample');
    await withRemoteParent(traceparent, () =>
      withSpan('POST at the peer', request('POST', { 'kumo.server_id': 'quiet' }), async () =>
        assert.equal(isRecording(), false),
      ),
    );
  }
  const attributes = { 'kumo.sample': true, 'kumo.server_id': 'wanted' };
  await withSpan('asked for', { ...periodic, attributes }, async () => {});
  await telemetry.flush();
  assert.deepEqual(telemetry.store.spansOfServer('quiet'), []);
  assert.equal(telemetry.store.spansOfServer('wanted').length, 1);
});

test('without telemetry, work runs and its errors come through', async () => {
  assert.equal(await withSpan('x', sql, async () => 5), 5);
  const failing = withSpan('x', sql, () => {
    throw new Error('at once');
  });
  await assert.rejects(failing, /at once/);
  instantSpan('x', sql);
  assert.equal(isRecording(), false);
});

test("a server's spans come with those of the token that was used, and no others of that token", async () => {
  telemetry = await startTelemetry({ stateDir: freshDir() });
  const issue = (auditId: string) =>
    withSpan('issueToken', { ...request('POST'), to: 'keystone' }, async () => annotate({ 'kumo.audit_id': auditId }));
  await issue('a1');
  await issue('a2');
  await withSpan('createKeypair', request('POST', { 'kumo.audit_id': 'a1' }), async () => {});
  await withSpan('createServer', request('POST', { 'kumo.audit_id': 'a1' }), () =>
    withSpan('INSERT servers', { ...sql, attributes: { 'kumo.server_id': 's1' } }, async () => {}),
  );
  await telemetry.flush();
  assert.deepEqual(
    telemetry.store.spansOfServer('s1').map(({ name, auditId }) => [name, auditId]),
    [
      ['issueToken', 'a1'],
      ['createServer', 'a1'],
      ['INSERT servers', null],
    ],
  );
});

test('the store is bounded by age and by rows, private to its owner, and survives a new layout', async () => {
  const stateDir = freshDir();
  const store = new TraceStore({ stateDir, maxAgeHours: 1, maxRows: 1_500 });
  assert.equal(statSync(join(stateDir, 'traces.db')).mode & 0o777, 0o600);
  const nowUs = Date.now() * 1_000;
  const span = (i: number, startUs: number): StoredSpan => ({
    ...{ traceId: 't', spanId: String(i), parentId: null, name: 'n', kind: 'sql', side: 'client', from: 'a', to: 'b' },
    ...{
      startUs,
      durationUs: 1,
      status: 'ok',
      attributes: {},
      serverId: null,
      auditId: null,
      requestId: null,
      step: null,
    },
  });
  store.append(Array.from({ length: 1_200 }, (_, i) => span(i, nowUs - 7_200e6)));
  store.append(Array.from({ length: 3_000 }, (_, i) => span(10_000 + i, nowUs)));
  let batches = 1;
  while (store.prune()) batches++;
  const left = store.spansOfTrace('t');
  assert.equal(left.length, 1_500);
  assert.equal(left.at(0)!.spanId, '11500', 'the newest stay');
  assert.ok(batches >= 3, 'in small batches');
  store.close();
  const reader = new TraceStore({ stateDir, readOnly: true });
  assert.equal(reader.spansOfTrace('t').length, 1_500);
  assert.throws(() => reader.append([span(1, 1)]), /readonly/);
  reader.close();
});

test('on a full disk spans wait, the oldest are dropped and counted, and what is left is stored when there is room', {
  skip: noSmallDisk,
}, async () => {
  using disk = smallDisk(8);
  const said: { level: number; msg: string; spansLost?: number; err?: { message: string } }[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void said.push(JSON.parse(line)) });
  const { store, ...own } = await startTelemetry({ stateDir: disk.path, log });
  try {
    const attributes = { 'kumo.sample': true, text: 'x'.repeat(500) };
    const one = (name: string) => withSpan(name, { ...sql, attributes }, async () => {});
    await one('stored before');
    await own.flush();
    // Less than a tenth of it: what databases need.
    disk.fill(700 << 10);
    for (let i = 0; i < 12_000; i++) await one('meanwhile');
    let traceId = '';
    await withSpan('last', { ...sql, attributes }, async (span) => {
      traceId = span.spanContext().traceId;
    });
    await own.flush();
    assert.match(await renderPrometheus(), /\nkumo_trace_spans_lost_total 2\d00\n/);
    assert.deepEqual(
      said.map(({ msg }) => msg),
      ['spans cannot be stored; trying again: is there room for traces.db?'],
    );
    disk.remount('size=64m');
    const deadline = Date.now() + 5_000;
    while (said.length < 2) {
      assert.ok(Date.now() < deadline, 'stored again within 5 s');
      await sleep(50);
    }
    assert.equal(said[1]?.msg, 'spans can be stored again');
    assert.match(String(said[1]?.spansLost), /^2\d00$/);
    assert.equal(store.spansOfTrace(traceId).length, 1);
  } finally {
    await own.stop();
  }
});

test('several processes write one store', async () => {
  const stateDir = freshDir();
  const names = ['nova-api', 'nova-conductor', 'nova-compute'];
  const exits = await Promise.all(names.map((name) => once(start([stateDir, name, '1000']), 'exit')));
  assert.deepEqual(
    exits,
    names.map(() => [0, null]),
  );
  const store = new TraceStore({ stateDir, readOnly: true });
  for (const name of names) assert.equal(store.spansOfServer(name).length, 2_000, name);
  store.close();
});

test('what ended 300 ms before a SIGKILL is kept', async () => {
  const stateDir = freshDir();
  const child = start([stateDir, 'nova-api', '3', 'linger']);
  await once(child.stdout!, 'data');
  await sleep(300);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const store = new TraceStore({ stateDir, readOnly: true });
  assert.equal(store.spansOfServer('nova-api').length, 6);
  store.close();
});

for (const when of ['start', 'end']) {
  test(`a fault kills the process once, at the span's ${when}`, async () => {
    const stateDir = freshDir();
    const marker = join(root, `marker-${when}`);
    const fault = {
      name: '^INSERT',
      from: 'nova-api',
      to: 'nova database',
      kind: 'sql',
      side: 'client',
      when,
      once: marker,
    };
    const env = { KUMO_FAULT: JSON.stringify(fault) };
    assert.deepEqual(
      await once(start([stateDir, 'nova-conductor', '2'], env), 'exit'),
      [0, null],
      'another daemon lives',
    );
    assert.equal(existsSync(marker), false);
    assert.deepEqual(await once(start([stateDir, 'nova-api', '2'], env), 'exit'), [null, 'SIGKILL']);
    assert.equal(existsSync(marker), true);
    assert.deepEqual(await once(start([stateDir, 'nova-api', '2'], env), 'exit'), [0, null], 'restarted, it lives');
  });
}

test('a fault in a file is armed later, and looks at the span above', async () => {
  const stateDir = freshDir();
  const file = join(root, 'fault.json');
  const env = { KUMO_FAULT: `@${file}` };
  const arm = (conditions: object) =>
    writeFileSync(file, JSON.stringify({ name: '^INSERT', once: join(root, 'marker-file'), ...conditions }));
  const ended = async () => once(start([stateDir, 'nova-api', '2'], env), 'exit');
  assert.deepEqual(await ended(), [0, null], 'no file, no fault');
  writeFileSync(file, '');
  assert.deepEqual(await ended(), [0, null], 'a file that is just being written');
  arm({ parent: '^deleteServer$' });
  assert.deepEqual(await ended(), [0, null], 'another parent');
  arm({ parent: '^createServer$', parentFrom: 'nova-compute' });
  assert.deepEqual(await ended(), [0, null], 'a parent of another party');
  arm({ parent: '^createServer$', parentFrom: 'client', when: 'end' });
  assert.deepEqual(await ended(), [null, 'SIGKILL']);

  rmSync(file);
  rmSync(join(root, 'marker-file'));
  const running = start([stateDir, 'nova-api', '1000000'], env);
  const killed = once(running, 'exit');
  await sleep(300);
  assert.equal(running.exitCode ?? running.signalCode, null, 'it lives while nothing is armed');
  arm({});
  assert.deepEqual(await killed, [null, 'SIGKILL']);
});

test('a fault that cannot be read is refused', () => {
  assert.throws(() => parseFault('{'), /KUMO_FAULT is no JSON/);
  assert.throws(() => parseFault('{"name":"x"}'), /once/);
  assert.throws(() => parseFault('{"once":"/tmp/x","when":"later"}'), /when/);
  assert.throws(() => parseFault('{"once":"/tmp/x","nmae":"x"}'), /additional/);
});

test('spans go to an OTLP collector when one is named', async () => {
  const received: { url?: string; body: string }[] = [];
  const collector = createServer((incoming, answer) => {
    let body = '';
    incoming
      .on('data', (chunk) => (body += chunk))
      .on('end', () => {
        received.push({ url: incoming.url, body });
        answer.setHeader('content-type', 'application/json').end('{}');
      });
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const { port } = collector.address() as AddressInfo;
  telemetry = await startTelemetry({
    stateDir: freshDir(),
    daemons: ['nova-api'],
    exportUrl: `http://127.0.0.1:${port}`,
  });
  await withSpan('createServer', request('POST'), async () => {});
  await telemetry.flush();
  collector.close();
  assert.equal(received[0]?.url, '/v1/traces');
  assert.match(received[0]!.body, /"name":"createServer"/);
  assert.match(received[0]!.body, /"stringValue":"nova-api"/);
});
