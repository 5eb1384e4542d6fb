import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricRegistry, renderPrometheus } from './index.ts';

test('counters, gauges and histograms in the text format', async () => {
  const registry = new MetricRegistry();
  const requests = registry.counter('requests_total', 'Requests\nanswered.', ['method', 'path']);
  requests.add({ method: 'GET', path: '/a"b\\c\n' });
  requests.add({ method: 'GET', path: '/a"b\\c\n' }, 2);
  registry.gauge('temperature', 'Now.').set(-1.5);
  const seconds = registry.histogram('seconds', 'Durations.', ['op'], [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 5]) seconds.observe(value, { op: 'x' });
  assert.equal(
    await registry.render(),
    [
      '# HELP requests_total Requests\\nanswered.',
      '# TYPE requests_total counter',
      'requests_total{method="GET",path="/a\\"b\\\\c\\n"} 3',
      '# HELP temperature Now.',
      '# TYPE temperature gauge',
      'temperature -1.5',
      '# HELP seconds Durations.',
      '# TYPE seconds histogram',
      'seconds_bucket{op="x",le="0.1"} 2',
      'seconds_bucket{op="x",le="1"} 3',
      'seconds_bucket{op="x",le="+Inf"} 4',
      'seconds_sum{op="x"} 5.65',
      'seconds_count{op="x"} 4',
      '# HELP kumo_metric_series_refused_total Values not counted because a metric has too many series.',
      '# TYPE kumo_metric_series_refused_total counter',
      'kumo_metric_series_refused_total 0',
      '',
    ].join('\n'),
  );
});

test('series are bounded', async () => {
  const registry = new MetricRegistry();
  const metric = registry.counter('c', 'h', ['id']);
  for (let i = 0; i < 1_500; i++) metric.add({ id: i });
  const text = await registry.render();
  assert.equal(text.match(/^c\{/gm)?.length, 1_000);
  assert.match(text, /^kumo_metric_series_refused_total 500$/m);
});

test('one name is one metric; another shape under the same name is refused', () => {
  const registry = new MetricRegistry();
  assert.equal(registry.counter('c', 'h', ['a']), registry.counter('c', 'h', ['a']));
  assert.throws(() => registry.counter('c', 'h', ['b']), /exists already/);
  assert.throws(() => registry.gauge('c', 'h', ['a']), /exists already/);
  assert.throws(() => registry.gauge('not-a-name', 'h'), /metric names/);
});

test('the process describes itself', async () => {
  const text = await renderPrometheus();
  for (const name of ['process_resident_memory_bytes', 'process_cpu_seconds_total', 'nodejs_eventloop_lag_seconds']) {
    assert.ok(Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]) >= 0, name);
  }
});
