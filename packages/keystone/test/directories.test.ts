/** Domains with a configuration of their own, and users in a directory; with KUMO_TEST_DATABASES=all on all databases. */
import { directorySuite } from './directory-suite.ts';
import { domainConfigSuite } from './domain-config-suite.ts';
import { onKeystones } from './on-keystones.ts';

const directories = { cacheMs: 200, requestTimeoutMs: 1_000, connectTimeoutMs: 1_000, retryAfterMs: 500 };

onKeystones('keystone directories', { directories }, [domainConfigSuite, directorySuite]);
