/** Users and their passwords, on SQLite, and with KUMO_TEST_DATABASES=all on MariaDB and PostgreSQL. */
import { onKeystones } from './on-keystones.ts';
import { operatorSuite } from './operator-suite.ts';
import { userSuite } from './user-suite.ts';

onKeystones('keystone users', { changeCheckMs: 0 }, [userSuite, operatorSuite]);
