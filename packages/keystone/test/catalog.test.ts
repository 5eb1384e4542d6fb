/** Catalog, endpoint filters, policy documents and limits, on SQLite and, with KUMO_TEST_DATABASES=all, on the others. */
import { after, before } from 'node:test';
import { onDatabases } from '../../core/src/testing/on-databases.ts';
import { catalogSuite } from './catalog-suite.ts';
import { endpointFilterSuite } from './endpoint-filter-suite.ts';
import { TestKeystone } from './harness.ts';
import { limitsSuite } from './limits-suite.ts';
import { policyDocumentsSuite } from './policy-documents-suite.ts';

onDatabases('keystone catalog', ({ engine, url }) => {
  let keystone: TestKeystone | undefined;
  before(async () => {
    keystone = await TestKeystone.start({ databaseUrl: url('keystone') });
  });
  after(() => keystone?.stop());
  const cloud = () => {
    if (!keystone) throw new Error('Keystone has not started');
    return keystone;
  };
  catalogSuite(engine, cloud);
  endpointFilterSuite(engine, cloud);
  policyDocumentsSuite(engine, cloud);
  limitsSuite(engine, cloud);
});
