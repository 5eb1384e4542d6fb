/**
 * Malformed requests to every operation, generated from the contracts: the documented code, the field's name in the answer, and not
 * a row changed. A new operation is asked as well.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { operationsOf } from '@kumo/core/http';
import { alarmsIn, recordingLogger, stacksIn } from '../../core/src/testing/log-record.ts';
import { INTERNALS, type NegativeCase, negativeCases } from '../../core/src/testing/negative-cases.ts';
import { dumpSqlite } from '../../core/src/testing/sqlite-dump.ts';
import { TestKeystone } from './harness.ts';

const GARBAGE = `gAAAAA${'x'.repeat(180)}`;
/** What a path that names nothing is answered with where that is no error of it. */
const UNKNOWN_ANSWERS = {
  // It makes what it names.
  createNamedRegion: [],
  // As with Keystone: nobody has none.
  listApplicationCredentials: [200],
  listEndpointGroupProjects: [200],
};
const BODIES = { updateRegion: { region: { description: 'x' } } };

const dir = mkdtempSync(join(tmpdir(), 'kumo-negative-'));
const database = join(dir, 'keystone.db');
const { log, lines } = recordingLogger();
let keystone: TestKeystone;
before(async () => {
  keystone = await TestKeystone.start({ databaseUrl: `sqlite:${database}`, log });
});
after(async () => {
  await keystone.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function ask({ operation, url, headers, payload, token }: NegativeCase) {
  const tokens = { admin: keystone.admin, garbage: GARBAGE, none: undefined };
  const reply = await keystone.daemon.app!.inject({
    method: operation.method,
    url,
    headers: { ...headers, ...(tokens[token] ? { 'x-auth-token': tokens[token] } : {}) },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: reply.statusCode, text: reply.payload };
}

test('what is malformed is refused with the documented code, names its field and changes nothing', async (t) => {
  const { token } = await keystone.expect(200, 'GET', '/v3/auth/tokens', {
    headers: { 'x-subject-token': keystone.admin },
  });
  const cases = negativeCases(operationsOf(keystone.daemon.app!), {
    wrongContentType: 400,
    unknown: UNKNOWN_ANSWERS,
    ids: { user_id: token.user.id },
    bodies: BODIES,
  });
  const malformed = cases.filter(({ status }) => !status.includes(401));
  t.diagnostic(`${malformed.length} malformed requests, ${cases.length - malformed.length} without a good token`);
  assert.ok(malformed.length >= 150, `${malformed.length} malformed requests`);
  const untouched = dumpSqlite(database);
  const wrong: string[] = [];
  lines.length = 0;
  for (const one of cases) {
    const { status, text } = await ask(one);
    const line = `${one.operation.name}: ${one.wrong}: ${status} ${text.slice(0, 200)}`;
    if (!one.status.includes(status)) wrong.push(`${line}, expected ${one.status.join(' or ')}`);
    else if (one.names !== undefined && !text.includes(one.names)) wrong.push(`${line} does not name ${one.names}`);
    else if (INTERNALS.test(text)) wrong.push(`${line} shows internals`);
  }
  assert.deepEqual(wrong, []);
  assert.ok(lines.length >= malformed.length / 2, `${lines.length} lines in the log`);
  assert.deepEqual(alarmsIn(lines), [], "a user's mistake alarms nobody");
  assert.deepEqual(stacksIn(lines), [], "a user's mistake is logged without a stack");
  assert.deepEqual(dumpSqlite(database), untouched);
});

test('a good request changes rows, and that is seen', async () => {
  const untouched = dumpSqlite(database);
  await keystone.expect(201, 'POST', '/v3/projects', { body: { project: { name: 'good' } } });
  assert.notDeepEqual(dumpSqlite(database), untouched);
});
