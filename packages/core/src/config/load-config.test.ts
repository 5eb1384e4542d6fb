import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Type as T } from 'typebox';
import { ConfigError, loadConfig } from './index.ts';

const dir = mkdtempSync(join(tmpdir(), 'kumo-config-'));
after(() => rmSync(dir, { recursive: true }));

const schema = T.Object({
  region: T.String({ default: 'RegionOne', minLength: 1 }),
  nova: T.Object({
    cpuAllocationRatio: T.Number({ default: 4, exclusiveMinimum: 0 }),
    port: T.Integer({ default: 8774, minimum: 1, maximum: 65535 }),
    driver: T.Union([T.Literal('qemu'), T.Literal('fake')], { default: 'qemu' }),
    filters: T.Array(T.String(), { default: ['RamFilter'] }),
    debug: T.Boolean({ default: false }),
  }),
  database: T.Optional(T.Object({ url: T.String(), poolSize: T.Integer({ default: 5 }) })),
  adminPassword: T.Optional(T.String({ minLength: 8 })),
  labels: T.Record(T.String(), T.String(), { default: {} }),
});

let files = 0;
function fromFile(text: string, env: Record<string, string> = {}) {
  const file = join(dir, `${files++}.yaml`);
  writeFileSync(file, text);
  return loadConfig(schema, { file, env });
}

function problems(text: string, env: Record<string, string> = {}): string[] {
  try {
    fromFile(text, env);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems.map((problem) => problem.replaceAll(/\S*\/\d+\.yaml/g, 'F'));
  }
  return [];
}

test('defaults fill every section that is not optional', () => {
  const config = loadConfig(schema, { env: {} });
  assert.deepEqual(config, {
    region: 'RegionOne',
    nova: { cpuAllocationRatio: 4, port: 8774, driver: 'qemu', filters: ['RamFilter'], debug: false },
    labels: {},
  });
  config.nova.filters.push('changed');
  assert.deepEqual(loadConfig(schema, { env: {} }).nova.filters, ['RamFilter'], 'defaults are copied');
});

test('the file overrides defaults, the environment overrides the file', () => {
  const config = fromFile('nova: {cpuAllocationRatio: 2, port: 1000}\ndatabase: {url: x}\n', {
    KUMO_NOVA__CPU_ALLOCATION_RATIO: '1.5',
    KUMO_NOVA__DEBUG: 'true',
    KUMO_NOVA__FILTERS: '[A, B]',
    KUMO_REGION: '12',
    KUMO_LABELS__RACK: 'r1',
    KUMO_STATE: '/tmp',
    OTHER: 'x',
  });
  assert.deepEqual(config.nova, {
    cpuAllocationRatio: 1.5,
    port: 1000,
    driver: 'qemu',
    filters: ['A', 'B'],
    debug: true,
  });
  assert.deepEqual(config.database, { url: 'x', poolSize: 5 });
  assert.equal(config.region, '12');
  assert.deepEqual(config.labels, { rack: 'r1' });
});

test('unknown names are refused, with the one that may be meant', () => {
  assert.deepEqual(problems('nova: {cpuAlocationRatio: 2}\nregoin: x\nzzz: 1'), [
    'nova.cpuAlocationRatio in F is no setting; did you mean cpuAllocationRatio?',
    'regoin in F is no setting; did you mean region?',
    'zzz in F is no setting.',
  ]);
  assert.deepEqual(problems('', { KUMO_NOVA__CPU_ALOCATION_RATIO: '1', KUMO_SOMETHING: 'x' }), [
    'KUMO_NOVA__CPU_ALOCATION_RATIO in the environment is no setting; did you mean KUMO_NOVA__CPU_ALLOCATION_RATIO?',
    'KUMO_SOMETHING in the environment is no setting.',
  ]);
});

test('wrong values are named, all at once, one sentence each', () => {
  assert.deepEqual(problems('nova: {cpuAllocationRatio: abc, port: 70000, driver: xen}\nlabels: [1]'), [
    'nova.driver in F must be one of "qemu", "fake" (it is "xen").',
    'nova.cpuAllocationRatio in F must be a number (it is "abc").',
    'nova.port in F must be <= 65535 (it is 70000).',
    'labels in F must be a section with keys (it is [1]).',
  ]);
  assert.deepEqual(problems('', { KUMO_NOVA__PORT: 'http' }), [
    'KUMO_NOVA__PORT in the environment must be a whole number (it is "http").',
  ]);
  assert.deepEqual(problems('database: {}'), ['database.url must be set in F or as KUMO_DATABASE__URL.']);
});

test('a wrong secret is not repeated', () => {
  assert.deepEqual(problems('adminPassword: hunter2'), ['adminPassword in F must NOT have fewer than 8 characters.']);
});

test('files that cannot be read', () => {
  assert.match(problems('nova: {')[0]!, /^F is no YAML: /);
  assert.match(problems('a: 1\na: 2')[0]!, /^F is no YAML: .*unique/);
  assert.deepEqual(problems('- 1'), ['F must hold settings by name (key: value).']);
  assert.deepEqual(problems(''), []);
  const file = join(dir, 'absent.yaml');
  assert.doesNotThrow(() => loadConfig(schema, { file, env: {} }));
  assert.throws(() => loadConfig(schema, { file, fileRequired: true, env: {} }), ConfigError);
});

test('variables that mean something else are left alone, also by their beginning', () => {
  assert.deepEqual(problems('', { KUMO_STATE: '/x', KUMO_TEST_KEEP: '1', OTHER: '1' }), []);
  assert.deepEqual(problems('', { KUMO_TESTS: '1' }), ['KUMO_TESTS in the environment is no setting.']);
});
