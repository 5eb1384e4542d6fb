import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { type Static, Type as T } from 'typebox';
import {
  applyReplyChanges,
  applyRequestChanges,
  before,
  change,
  changed,
  pruneAt,
  schemaAt,
  since,
  until,
} from './index.ts';

const Networks = T.Array(
  T.Object({ uuid: T.String(), tag: T.Optional(since('2.32', T.String())) }, { additionalProperties: false }),
);
const Body = T.Object(
  {
    server: T.Object(
      {
        name: T.String(),
        networks: changed('2.37', T.Union([T.Literal('auto'), T.Literal('none'), Networks]), T.Optional(Networks)),
        hostname: T.Optional(since('2.90', T.String({ maxLength: 63 }))),
        personality: T.Optional(until('2.57', T.Array(T.String()))),
        key: since('2.10', T.String()),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);
const Reply = T.Object({
  servers: T.Array(
    T.Object({
      id: T.String(),
      locked_reason: T.Optional(since('2.73', T.Union([T.String(), T.Null()]))),
      flavor: changed(
        '2.47',
        T.Object({ ram: T.Number(), extra: T.Optional(since('2.60', T.String())) }),
        T.Object({ id: T.String() }),
      ),
      addresses: T.Record(T.String(), T.Array(T.Object({ addr: T.String(), mac: since('2.50', T.String()) }))),
    }),
  ),
  next: T.Optional(until('2.80', T.String())),
});

const ajv = new Ajv({ strict: true, allowUnionTypes: true });
const accepts = (version: string, body: unknown, schema: T.TSchema | typeof Body = Body) =>
  ajv.compile(schemaAt(schema, version))(body);

test('the static type is the newest shape', () => {
  const body: Static<typeof Body> = { server: { name: 'a', networks: 'auto', hostname: 'h', key: 'k' } };
  assert.equal(accepts('2.96', body), true);
});

test('fields come, go and change with the version', () => {
  const server = (fields: object) => ({ server: { name: 'a', ...fields } });
  assert.equal(accepts('2.1', server({})), true);
  assert.equal(accepts('2.1', server({ networks: 'auto' })), false);
  assert.equal(accepts('2.1', server({ key: 'k' })), false);
  assert.equal(accepts('2.10', server({})), false, 'key is required from 2.10');
  assert.equal(accepts('2.10', server({ key: 'k' })), true);
  assert.equal(accepts('2.31', server({ key: 'k', networks: [{ uuid: 'n', tag: 't' }] })), false);
  assert.equal(accepts('2.32', server({ key: 'k', networks: [{ uuid: 'n', tag: 't' }] })), true);
  assert.equal(accepts('2.36', server({ key: 'k' })), true);
  assert.equal(accepts('2.37', server({ key: 'k' })), false, 'networks is required from 2.37');
  assert.equal(accepts('2.37', server({ key: 'k', networks: 'none' })), true);
  assert.equal(accepts('2.56', server({ key: 'k', networks: 'none', personality: ['x'] })), true);
  assert.equal(accepts('2.57', server({ key: 'k', networks: 'none', personality: ['x'] })), false);
  assert.equal(accepts('2.89', server({ key: 'k', networks: 'none', hostname: 'x' })), false);
  assert.equal(accepts('2.90', server({ key: 'k', networks: 'none', hostname: 'x' })), true);
});

test('shapes are shared between versions, carry no marks, and leave unmarked schemas alone', () => {
  assert.equal(schemaAt(Body, '2.37'), schemaAt(Body, '2.56'));
  assert.notEqual(schemaAt(Body, '2.56'), schemaAt(Body, '2.57'));
  for (const version of ['2.1', '2.40', '2.96'])
    assert.doesNotMatch(JSON.stringify(schemaAt(Body, version)), /x-(since|until|changed)/);
  assert.match(JSON.stringify(Body), /x-since/);
  const plain = T.Object({ a: T.String() });
  assert.equal(schemaAt(plain, '2.1'), plain);
});

test('a JSON copy of a schema behaves alike', () => {
  const copy = JSON.parse(JSON.stringify(Body)) as typeof Body;
  for (const version of ['2.1', '2.10', '2.36', '2.37', '2.57', '2.96']) {
    assert.deepEqual(
      JSON.parse(JSON.stringify(schemaAt(copy, version))),
      JSON.parse(JSON.stringify(schemaAt(Body, version))),
    );
  }
});

test('data keywords are not taken for schemas', () => {
  const tricky = T.Object({
    properties: T.String({ default: { 'x-since': '9.9' } }),
    'x-since': T.Optional(since('2.5', T.String())),
  });
  const at = schemaAt(tricky, '2.1') as unknown as { properties: Record<string, object> };
  assert.deepEqual(Object.keys(at.properties), ['properties']);
  assert.deepEqual((at.properties.properties as { default: object }).default, { 'x-since': '9.9' });
});

test('replies lose what their version does not have, without touching the original', () => {
  const reply = {
    servers: [
      {
        id: '1',
        locked_reason: null,
        flavor: { ram: 1, extra: 'x' },
        addresses: { net: [{ addr: '10.0.0.1', mac: 'fa' }] },
      },
      { id: '2', flavor: { ram: 2 }, addresses: {} },
    ],
    next: 'n',
  };
  const frozen = structuredClone(reply);
  const { next: _, ...newest } = reply;
  assert.deepEqual(pruneAt<typeof reply>(Reply, '2.96')(reply), newest);
  const older = pruneAt<typeof reply>(Reply, '2.49')(reply);
  assert.deepEqual(older, {
    servers: [
      { id: '1', flavor: { ram: 1 }, addresses: { net: [{ addr: '10.0.0.1' }] } },
      { id: '2', flavor: { ram: 2 }, addresses: {} },
    ],
    next: 'n',
  });
  assert.deepEqual(reply, frozen);
  assert.equal(older.servers[1], reply.servers[1], 'what needs no change is not copied');
  assert.equal(pruneAt(Reply, '2.75')(reply), reply, 'identity while everything is there');
  assert.equal(
    pruneAt(T.Object({ a: T.String() }), '2.1'),
    pruneAt(T.String(), '2.9'),
    'nothing to drop: one function for all',
  );
});

test('in a union a field goes only where every branch that has it says so', () => {
  const union = T.Union([
    T.Object({ a: since('2.5', T.String()), b: since('2.5', T.String()) }),
    T.Object({ a: T.Number() }),
  ]);
  assert.deepEqual(pruneAt(union, '2.1')({ a: 'x', b: 'y' }), { a: 'x' });
});

test('changes are applied one step at a time, each in its direction', () => {
  const show = {
    name: 'show',
    body: T.Object({ steps: T.Array(T.String()) }),
    reply: T.Object({ steps: T.Array(T.String()) }),
  };
  const other = { name: 'other', body: show.body, reply: show.reply };
  const step = (mark: string) => (body: { steps: string[] }) => ({ steps: [...body.steps, mark] });
  const changes = [
    change('2.47', 'second', before(show, { request: step('to 2.47'), reply: step('from 2.47') })),
    change('2.10', 'first', before(show, { request: step('to 2.10'), reply: step('from 2.10') })),
    change('2.9', 'earlier than 2.10', before(show, { reply: step('from 2.9') })),
  ];
  assert.deepEqual(applyRequestChanges(show, '2.1', changes, { steps: [] }), { steps: ['to 2.10', 'to 2.47'] });
  assert.deepEqual(applyReplyChanges(show, '2.1', changes, { steps: [] }), {
    steps: ['from 2.47', 'from 2.10', 'from 2.9'],
  });
  assert.deepEqual(applyReplyChanges(show, '2.9', changes, { steps: [] }), { steps: ['from 2.47', 'from 2.10'] });
  assert.deepEqual(applyRequestChanges(show, '2.10', changes, { steps: [] }), { steps: ['to 2.47'] });
  assert.deepEqual(applyRequestChanges(show, '2.47', changes, { steps: [] }), { steps: [] });
  const body = { steps: [] };
  assert.equal(applyReplyChanges(other, '2.1', changes, body), body);
});
