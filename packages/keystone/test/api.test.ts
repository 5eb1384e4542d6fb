/** The whole API in process, on SQLite, and with KUMO_TEST_DATABASES=all on MariaDB and PostgreSQL. */
import { accessModelSuite } from './access-model-suite.ts';
import { assignmentSuite } from './assignment-suite.ts';
import { identitySuite } from './identity-suite.ts';
import { onKeystones } from './on-keystones.ts';
import { tokenSuite } from './token-suite.ts';

// Further Keystones open the same database: each request looks whether one of them wrote.
onKeystones('keystone', { changeCheckMs: 0 }, [tokenSuite, identitySuite, assignmentSuite, accessModelSuite]);
