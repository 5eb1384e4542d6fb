/** The import as most existing clouds need it: from MariaDB. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createConnection } from 'mysql2/promise';
import { startMariadb, type TestServer } from '../../../core/src/testing/databases.ts';
import { testEnv } from '../../../core/src/testing/env.ts';
import { keystone } from '../../src/daemons/keystone.ts';
import { KeystoneOperator } from '../../src/operator.ts';
import { passwordAuth, testConfig } from '../harness.ts';
import { KIM_PASSWORD, populate } from './populate.ts';
import { RealKeystone, realKeystoneMissing } from './real-keystone.ts';
import { Remote } from './remote.ts';

test('a Keystone on MariaDB is taken over', { skip: realKeystoneMissing }, async () => {
  const server = await startMariadb();
  try {
    await createDatabase(server, 'theirs');
    await takeOver(server);
  } finally {
    await server.stop();
  }
});

async function createDatabase(server: TestServer, name: string): Promise<void> {
  const connection = await createConnection(server.url('mysql'));
  // As Keystone's installation guide has it.
  await connection.query(`create database ${name} character set utf8`);
  await connection.end();
}

async function takeOver(server: TestServer): Promise<void> {
  const real = await RealKeystone.start(server.url('theirs'));
  const env = testEnv({ databaseUrl: () => server.url('ours') });
  try {
    const has = await populate(new Remote(real.url));
    const theirs = await new Remote(real.url).logIn('kim', KIM_PASSWORD, { project: { id: has.projectId } });
    const operator = await KeystoneOperator.open(env, testConfig());
    const { taken, left } = await operator.import({
      from: real.databaseUrl,
      tokenKeys: await real.keys('token'),
      credentialKeys: await real.keys('credential'),
    });
    await operator.close();
    assert.deepEqual(left, {});
    const { trusts, application_credentials: applications, credentials } = taken;
    assert.deepEqual([trusts, applications, credentials], [1, 1, 1]);
    const daemon = await keystone(env, testConfig());
    try {
      assert.ok(daemon.app);
      await daemon.start();
      const login = await daemon.app.inject({
        method: 'POST',
        url: '/v3/auth/tokens',
        payload: passwordAuth('kim', KIM_PASSWORD, { project: { id: has.projectId } }),
      });
      assert.equal(login.statusCode, 201, login.body);
      const seen = await daemon.app.inject({
        url: '/v3/auth/tokens',
        headers: { 'x-auth-token': theirs, 'x-subject-token': theirs },
      });
      assert.equal(seen.statusCode, 200, 'a token of before is valid');
      assert.equal(seen.json().token.user.id, has.kimId);
    } finally {
      await daemon.stop();
    }
  } finally {
    await env.cleanUp();
    await real.stop();
  }
}
