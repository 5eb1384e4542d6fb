/**
 * Malformed requests to every operation of every service, generated from the contracts: the documented code, the field's name in the
 * answer, nothing of the insides, not a row changed, and no line of the log above INFO. A new operation is asked as well. (Keystone's own suite does the same.)
 */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Logger } from '@kumo/core/log';
import { alarmsIn, recordingLogger, stacksIn } from '../../../core/src/testing/log-record.ts';
import { INTERNALS, type NegativeCase, negativeCases } from '../../../core/src/testing/negative-cases.ts';
import { tableOperations } from '../../src/authorization/table.ts';
import type { Ids, World } from '../../src/authorization/world.ts';
import { cinderWorld } from '../../src/authorization/worlds/cinder.ts';
import { glanceWorld } from '../../src/authorization/worlds/glance.ts';
import { neutronWorld } from '../../src/authorization/worlds/neutron.ts';
import { novaWorld } from '../../src/authorization/worlds/nova.ts';
import { placementWorld } from '../../src/authorization/worlds/placement.ts';
import { differences, dumpDatabases } from '../../src/database-dump.ts';

interface Suite {
  readonly name: string;
  readonly start: (databaseUrl: string, log: Logger) => Promise<World>;
  /** How many malformed requests there were when this was written. */
  readonly atLeast: number;
  /** What a path that names nothing is answered with where that is no error; none: it is not asked. */
  readonly unknown: Readonly<Record<string, readonly number[]>>;
}

/** Quotas are those of any name: no service asks Keystone whether there is such a project. */
const SUITES: readonly Suite[] = [
  {
    name: 'placement',
    start: placementWorld,
    atLeast: 300,
    unknown: {
      // A consumer without allocations has none; one that is named with a generation is said not to be at that one.
      showAllocations: [200],
      replaceAllocations: [409],
      // They make what they name, or say that it cannot be one's name.
      ensureResourceClass: [400],
      ensureTrait: [400],
      updateInventory: [400],
    },
  },
  { name: 'glance', start: glanceWorld, atLeast: 150, unknown: {} },
  {
    name: 'neutron',
    start: neutronWorld,
    atLeast: 1_400,
    unknown: {
      showQuota: [200],
      showDefaultQuota: [200],
      showQuotaDetails: [200],
      showQuotaDetailsJson: [200],
      updateQuota: [],
      deleteQuota: [],
    },
  },
  {
    name: 'cinder',
    start: cinderWorld,
    atLeast: 1_100,
    unknown: {
      showQuotaSet: [200],
      showDefaultQuotaSet: [200],
      updateQuotaSet: [],
      deleteQuotaSet: [],
      showQuotaClass: [200],
      updateQuotaClass: [],
      // The body's key is looked at first, as in Cinder.
      updateTypeExtraSpec: [400],
    },
  },
  {
    name: 'nova',
    start: novaWorld,
    atLeast: 1_400,
    unknown: {
      showQuota: [200],
      showQuotaDetail: [200],
      showQuotaDefaults: [200],
      updateQuota: [],
      deleteQuota: [],
      showQuotaClass: [200],
      updateQuotaClass: [],
      // Ids of aggregates are numbers.
      showAggregate: [400],
      updateAggregate: [400],
      deleteAggregate: [400],
      addAggregateHost: [400],
      removeAggregateHost: [400],
      setAggregateMetadata: [400],
      // The body's key is looked at first, as in Nova.
      updateMetadataItem: [400],
      updateExtraSpec: [400],
    },
  },
];

for (const { name, start, atLeast, unknown } of SUITES) {
  test(`${name} refuses what is malformed with the documented code, names the field and changes nothing`, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), `kumo-negative-${name}-`));
    mkdirSync(join(dir, 'db'));
    const { log, lines } = recordingLogger();
    const world = await start(`sqlite:${join(dir, 'db', `${name}.db`)}`, log);
    try {
      const ids = await world.make();
      const cases = tableOperations(world).flatMap((operation) => casesOf(world, operation, ids, unknown));
      const malformed = cases.filter(({ status }) => !status.includes(401));
      t.diagnostic(`${malformed.length} malformed requests, ${cases.length - malformed.length} without a good token`);
      assert.ok(malformed.length >= atLeast, `${malformed.length} malformed requests`);
      const untouched = dumpDatabases(dir);
      const wrong: string[] = [];
      lines.length = 0;
      for (const one of cases) {
        const { statusCode, payload } = await world.app.inject(requestOf(world, one));
        const line = `${one.operation.name}: ${one.wrong}: ${statusCode} ${payload.slice(0, 200)}`;
        if (!one.status.includes(statusCode)) wrong.push(`${line}, expected ${one.status.join(' or ')}`);
        else if (one.names !== undefined && !payload.includes(one.names))
          wrong.push(`${line} does not name ${one.names}`);
        else if (INTERNALS.test(payload)) wrong.push(`${line} shows internals`);
      }
      assert.deepEqual(wrong, []);
      assert.ok(lines.length >= atLeast / 2, `${lines.length} lines in the log`);
      assert.deepEqual(alarmsIn(lines), [], "a user's mistake alarms nobody");
      assert.deepEqual(stacksIn(lines), [], "a user's mistake is logged without a stack");
      assert.deepEqual(differences(untouched, dumpDatabases(dir)), []);
    } finally {
      await world.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  });
}

/** @param unknown see `Suite` */
function casesOf(
  world: World,
  operation: NegativeCase['operation'],
  ids: Ids,
  unknown: Suite['unknown'],
): NegativeCase[] {
  const wanted = world.ask(operation, ids);
  return negativeCases([operation], {
    wrongContentType: 415,
    headers: { ...world.headers, ...wanted?.headers },
    unknown,
    ids: { ...ids, ...wanted?.ids },
    query: wanted?.query,
    bodies: wanted?.body === undefined ? {} : { [operation.name]: wanted.body },
  });
}

function requestOf(world: World, { operation, url, headers, payload, token }: NegativeCase) {
  const tokens = { admin: world.callers.admin.token, garbage: 'garbage', none: undefined };
  const sent = tokens[token];
  return {
    method: operation.method,
    url,
    headers: { ...headers, ...(sent === undefined ? {} : { 'x-auth-token': sent }) },
    ...(payload === undefined ? {} : { payload }),
  };
}
