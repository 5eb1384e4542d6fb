/** Tokens, on SQLite, and with KUMO_TEST_DATABASES=all on MariaDB and PostgreSQL. */
import { after, before } from 'node:test';
import { onDatabases } from '../../core/src/testing/on-databases.ts';
import { factorSuite } from './factor-suite.ts';
import { TestKeystone } from './harness.ts';
import { tokenAdvisorySuite } from './token-advisory-suite.ts';
import { tokenRulesSuite } from './token-rules-suite.ts';

onDatabases('keystone tokens', ({ engine, url }) => {
  let keystone: TestKeystone | undefined;
  before(async () => {
    keystone = await TestKeystone.start({ databaseUrl: url('keystone'), config: { tokens: { keyStore: 'database' } } });
  });
  after(() => keystone?.stop());
  const cloud = () => {
    if (!keystone) throw new Error('Keystone has not started');
    return keystone;
  };
  tokenRulesSuite(engine, cloud);
  factorSuite(engine, cloud);
  tokenAdvisorySuite(engine, cloud);
});
