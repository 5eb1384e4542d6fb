/** What can be guessed, and how often, on SQLite, and with KUMO_TEST_DATABASES=all on MariaDB and PostgreSQL. */

import { guessWorkSuite } from './guess-work-suite.ts';
import { guessingSuite, THROTTLED } from './guessing-suite.ts';
import { keyGuessingSuite } from './key-guessing-suite.ts';
import { onKeystones } from './on-keystones.ts';
import { secondFactorSuite } from './second-factor-suite.ts';

onKeystones('keystone guessing', THROTTLED, [guessingSuite, secondFactorSuite, keyGuessingSuite, guessWorkSuite]);
