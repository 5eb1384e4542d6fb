/** Tokens, on SQLite, and with KUMO_TEST_DATABASES=all on MariaDB and PostgreSQL. */
import { factorSuite } from './factor-suite.ts';
import { onKeystones } from './on-keystones.ts';
import { tokenAdvisorySuite } from './token-advisory-suite.ts';
import { tokenRulesSuite } from './token-rules-suite.ts';

onKeystones('keystone tokens', { tokens: { keyStore: 'database' } }, [
  tokenRulesSuite,
  factorSuite,
  tokenAdvisorySuite,
]);
