/** `securityCompliance`, on SQLite, and with KUMO_TEST_DATABASES=all on MariaDB and PostgreSQL. */
import { COMPLIANCE, complianceSuite } from './compliance-suite.ts';
import { onKeystones } from './on-keystones.ts';

onKeystones('keystone compliance', { securityCompliance: COMPLIANCE }, [complianceSuite]);
