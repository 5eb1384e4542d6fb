/**
 * Who may do what: every operation that each service serves, asked in process by everybody, compared with the codes that
 * OpenStack's own published rules mean (`src/authorization/table.ts` says how). Generated from the contracts: a new operation is
 * asked as well, and needs a row in its world when a smallest body does not do.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { operationsOf } from '@kumo/core/http';
import { type Line, runTable, tableOperations, tellingAnswers } from '../../src/authorization/table.ts';
import { PERSONAS, type World } from '../../src/authorization/world.ts';
import { cinderWorld } from '../../src/authorization/worlds/cinder.ts';
import { glanceWorld } from '../../src/authorization/worlds/glance.ts';
import { keystoneWorld } from '../../src/authorization/worlds/keystone.ts';
import { neutronWorld } from '../../src/authorization/worlds/neutron.ts';
import { novaWorld } from '../../src/authorization/worlds/nova.ts';
import { placementWorld } from '../../src/authorization/worlds/placement.ts';
import { differences, dumpDatabases } from '../../src/database-dump.ts';

/** The service, and how many operations it served when this was written: fewer would be a table that was not filled. */
const SERVICES: readonly (readonly [string, (databaseUrl: string) => Promise<World>, number])[] = [
  ['keystone', keystoneWorld, 185],
  ['glance', glanceWorld, 19],
  ['placement', placementWorld, 34],
  ['neutron', neutronWorld, 65],
  ['cinder', cinderWorld, 77],
  ['nova', novaWorld, 96],
];

const told = ({ operation, persona, status, expected, why, text }: Line) =>
  `${operation.name} as ${persona}: ${status}, expected ${expected.join(' or ')} (${why}): ${text.slice(0, 200)}`;

for (const [name, start, atLeast] of SERVICES) {
  describe(name, () => {
    test('every operation answers everybody as the published rules say, and who is denied changes nothing', async () => {
      const dir = mkdtempSync(join(tmpdir(), `kumo-authorization-${name}-`));
      mkdirSync(join(dir, 'db'));
      const world = await start(`sqlite:${join(dir, 'db', `${name}.db`)}`);
      try {
        let before: ReturnType<typeof dumpDatabases> | undefined;
        let changed: string[] = [];
        const { lines, wrong } = await runTable(world, {
          onMade: () => {
            before ??= dumpDatabases(dir);
          },
          onDenied: () => {
            changed = differences(before!, dumpDatabases(dir));
          },
        });
        assert.deepEqual(wrong.map(told), []);
        assert.deepEqual(changed, []);
        const operations = tableOperations(world);
        assert.ok(operations.length >= atLeast, `${operations.length} operations`);
        assert.equal(lines.length, operations.length * PERSONAS.length);
        assert.deepEqual(
          await tellingAnswers(world, ['other', 'systemReader', 'domainManager', 'otherDomainManager']),
          [],
        );
        assertListed(world, lines);
      } finally {
        await world.stop();
        rmSync(dir, { recursive: true, force: true });
      }
    });
  });
}

/** What is left out, and every exception, names an operation; an exception that the rule means anyway is none. */
function assertListed(world: World, lines: readonly Line[]): void {
  const names = new Set(operationsOf(world.app).map((one) => one.name));
  const listed = [...Object.keys(world.leftOut), ...Object.keys(world.exceptions).map((key) => key.split(' ')[0]!)];
  assert.deepEqual(
    listed.filter((name) => !names.has(name)),
    [],
  );
  const used = new Set(lines.map(({ why }) => why));
  assert.deepEqual(
    Object.entries(world.exceptions).filter(([, { why }]) => !used.has(why)),
    [],
  );
}
