/** Trusts and application credentials, on SQLite, and with KUMO_TEST_DATABASES=all on MariaDB and PostgreSQL. */
import { accessRuleSuite } from './access-rule-suite.ts';
import { applicationCredentialSuite } from './application-credential-suite.ts';
import { delegatedKeySuite } from './delegated-key-suite.ts';
import { delegationAdvisorySuite } from './delegation-advisory-suite.ts';
import { onKeystones } from './on-keystones.ts';
import { redelegationSuite } from './redelegation-suite.ts';
import { trustSuite } from './trust-suite.ts';

onKeystones('keystone', {}, [
  trustSuite,
  redelegationSuite,
  applicationCredentialSuite,
  accessRuleSuite,
  delegationAdvisorySuite,
  delegatedKeySuite,
]);
