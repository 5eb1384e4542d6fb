/** Credentials, EC2 keys and signatures, on SQLite, and with KUMO_TEST_DATABASES=all on MariaDB and PostgreSQL. */
import { credentialSuite } from './credential-suite.ts';
import { ec2TokenSuite } from './ec2-token-suite.ts';
import { onKeystones } from './on-keystones.ts';

onKeystones('keystone credentials', {}, [credentialSuite, ec2TokenSuite]);
