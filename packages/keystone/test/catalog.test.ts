/** Catalog, endpoint filters, policy documents and limits, on SQLite and, with KUMO_TEST_DATABASES=all, on the others. */
import { catalogSuite } from './catalog-suite.ts';
import { endpointFilterSuite } from './endpoint-filter-suite.ts';
import { limitsSuite } from './limits-suite.ts';
import { onKeystones } from './on-keystones.ts';
import { policyDocumentsSuite } from './policy-documents-suite.ts';

onKeystones('keystone catalog', {}, [catalogSuite, endpointFilterSuite, policyDocumentsSuite, limitsSuite]);
