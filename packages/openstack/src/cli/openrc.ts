import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KumoConfig } from '../config/schema.ts';
import { CommandError } from './command-error.ts';

/** `kumo openrc`: prints the file that `up` wrote. */
export function openrcCommand(config: KumoConfig, options: { demo?: boolean }): void {
  const file = join(config.stateDir, options.demo ? 'openrc-demo' : 'openrc');
  try {
    process.stdout.write(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CommandError(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code}): start the cloud with kumo up first`,
      { cause: error },
    );
  }
}
