/**
 * What every operation answers, against the field names and types of OpenStack's published replies, at every microversion at
 * which these change (`src/reply-shapes/run.ts` says how): no field too many, none missing. Differences that stay are listed with
 * their reasons in `src/reply-shapes/exceptions.ts`; one that nothing needs any more fails the test as well.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { World } from '../../src/authorization/world.ts';
import { cinderWorld } from '../../src/authorization/worlds/cinder.ts';
import { glanceWorld } from '../../src/authorization/worlds/glance.ts';
import { keystoneWorld } from '../../src/authorization/worlds/keystone.ts';
import { neutronWorld } from '../../src/authorization/worlds/neutron.ts';
import { novaWorld } from '../../src/authorization/worlds/nova.ts';
import { differences } from '../../src/reply-shapes/compare.ts';
import { EXCEPTIONS } from '../../src/reply-shapes/exceptions.ts';
import { isAbove } from '../../src/reply-shapes/published.ts';
import { runShapes } from '../../src/reply-shapes/run.ts';

/** The service, and how many replies were compared when this was written. */
const SERVICES: readonly (readonly [string, (databaseUrl: string) => Promise<World>, number])[] = [
  ['keystone', keystoneWorld, 95],
  ['glance', glanceWorld, 12],
  ['neutron', neutronWorld, 51],
  ['cinder', cinderWorld, 85],
  ['nova', novaWorld, 215],
];

test('a field too many, one missing and one of another type are told, also below keys that users choose', () => {
  const shape = { id: 'string', size: 'integer', 'note?': 'string', addresses: { private: [{ addr: 'string' }] } };
  const told = (value: unknown) => differences(shape, value);
  assert.deepEqual(told({ id: 'a', size: 1, addresses: { net: [{ addr: 'b' }], other: [] } }), []);
  assert.deepEqual(told({ id: 1, more: true, addresses: null }), [
    'more is too many',
    'id is integer, not string',
    'size is missing',
  ]);
  assert.deepEqual(told({ id: 'a', size: 1, addresses: { net: [{ addr: 'b', mac: 'c' }], other: 'd' } }), [
    'addresses.*[].mac is too many',
    'addresses.* is string, not a list',
  ]);
});

for (const [name, start, atLeast] of SERVICES) {
  test(`${name} answers with the published fields`, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), `kumo-shapes-${name}-`));
    mkdirSync(join(dir, 'db'));
    const world = await start(`sqlite:${join(dir, 'db', `${name}.db`)}`);
    try {
      const lines = await runShapes(world);
      const own = EXCEPTIONS.filter(({ service }) => service === world.service);
      const used = new Set<(typeof own)[number]>();
      const isExcepted = (operation: string, version: string | undefined, difference: string) => {
        const found = own.find(
          ({ operations, since, difference: wanted }) =>
            (operations?.test(operation) ?? true) &&
            (since === undefined || (version !== undefined && !isAbove(since, version))) &&
            wanted.test(difference),
        );
        if (found) used.add(found);
        return found !== undefined;
      };
      const wrong = lines.flatMap(({ operation, version, wrong }) =>
        wrong
          .filter((difference) => !isExcepted(operation.name, version, difference))
          .map((difference) => `${operation.name}${version ? ` at ${version}` : ''}: ${difference}`),
      );
      t.diagnostic(`${lines.length} replies compared`);
      assert.deepEqual(wrong, []);
      assert.deepEqual(
        own.filter((one) => !used.has(one)).map(({ operations, difference }) => `${operations ?? ''} ${difference}`),
        [],
        'exceptions that nothing needs',
      );
      assert.ok(lines.length >= atLeast, `${lines.length} replies`);
    } finally {
      await world.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  });
}
