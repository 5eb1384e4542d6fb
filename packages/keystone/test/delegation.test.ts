/** Trusts and application credentials, on SQLite, and with KUMO_TEST_DATABASES=all on MariaDB and PostgreSQL. */
import { after, before } from 'node:test';
import { onDatabases } from '../../core/src/testing/on-databases.ts';
import { accessRuleSuite } from './access-rule-suite.ts';
import { applicationCredentialSuite } from './application-credential-suite.ts';
import { delegatedKeySuite } from './delegated-key-suite.ts';
import { delegationAdvisorySuite } from './delegation-advisory-suite.ts';
import { TestKeystone } from './harness.ts';
import { redelegationSuite } from './redelegation-suite.ts';
import { trustSuite } from './trust-suite.ts';

onDatabases('keystone', ({ engine, url }) => {
  let keystone: TestKeystone | undefined;
  before(async () => {
    keystone = await TestKeystone.start({ databaseUrl: url('keystone') });
  });
  after(() => keystone?.stop());
  const cloud = () => {
    if (!keystone) throw new Error('Keystone has not started');
    return keystone;
  };
  trustSuite(engine, cloud);
  redelegationSuite(engine, cloud);
  applicationCredentialSuite(engine, cloud);
  accessRuleSuite(engine, cloud);
  delegationAdvisorySuite(engine, cloud);
  delegatedKeySuite(engine, cloud);
});
