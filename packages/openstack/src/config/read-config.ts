import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError, loadConfig } from '@kumo/core/config';
import { CommandError } from '../cli/command-error.ts';
import { KumoConfig } from './schema.ts';
import { defaultStateDir } from './state-dir.ts';

/** Variables with our prefix that are no settings. */
const NO_SETTINGS = [
  'KUMO_STATE',
  'KUMO_CONFIG',
  'KUMO_FAULT',
  'KUMO_KEEPER',
  'KUMO_READY',
  'KUMO_TEST_*',
  'KUMO_GUEST_IMAGE',
  'KUMO_API_RECORD',
];

/**
 * The settings: the named file, else `kumo.yaml` in the state directory, else in the current directory, else defaults;
 * the environment wins over the file.
 *
 * @throws CommandError with one sentence per wrong or unknown setting.
 */
export function readConfig(file: string | undefined): KumoConfig {
  const found =
    file ??
    ['kumo.yaml', 'kumo.yml'].flatMap((name) => [join(defaultStateDir(), name), resolve(name)]).find(existsSync);
  try {
    const config = loadConfig(KumoConfig, {
      file: found,
      fileRequired: file !== undefined,
      ignoredVariables: NO_SETTINGS,
    });
    return { ...config, stateDir: resolve(config.stateDir) };
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandError(error.message, { exitCode: 2, cause: error });
    throw error;
  }
}
