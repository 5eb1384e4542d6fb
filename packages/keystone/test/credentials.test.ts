/** Credentials, EC2 keys and signatures, on SQLite, and with KUMO_TEST_DATABASES=all on MariaDB and PostgreSQL. */
import { after, before } from 'node:test';
import { onDatabases } from '../../core/src/testing/on-databases.ts';
import { credentialSuite } from './credential-suite.ts';
import { ec2TokenSuite } from './ec2-token-suite.ts';
import { TestKeystone } from './harness.ts';

onDatabases('keystone credentials', ({ engine, url }) => {
  let keystone: TestKeystone | undefined;
  before(async () => {
    keystone = await TestKeystone.start({ databaseUrl: url('keystone') });
  });
  after(() => keystone?.stop());
  const cloud = () => {
    if (!keystone) throw new Error('Keystone has not started');
    return keystone;
  };
  credentialSuite(engine, cloud);
  ec2TokenSuite(engine, cloud);
});
