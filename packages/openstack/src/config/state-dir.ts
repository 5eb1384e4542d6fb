import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isNoSpace } from '@kumo/core/errors';
import { CommandError } from '../cli/command-error.ts';

/** Raised when what older versions find in a state directory would mislead them. */
const STATE_VERSION = 1;

/** `KUMO_STATE`, else `/var/lib/kumo` for root, else the XDG state directory. */
export function defaultStateDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env.KUMO_STATE) return env.KUMO_STATE;
  if (process.getuid?.() === 0) return '/var/lib/kumo';
  return join(env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'kumo');
}

/**
 * Makes the state directory (0711: guests' user must reach its own files below) and its version file, or checks them.
 *
 * @throws CommandError when a newer Kumo has written there, or it cannot be written.
 */
export function openStateDir(stateDir: string): void {
  const versionFile = join(stateDir, 'version');
  if (existsSync(versionFile)) {
    const found = Number(readFileSync(versionFile, 'utf8'));
    if (!(found <= STATE_VERSION)) {
      throw new CommandError(
        `${stateDir} was written by a newer Kumo (state version ${found}, this one knows ${STATE_VERSION}): use that version, or another directory with KUMO_STATE=…`,
      );
    }
    return;
  }
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o711 });
    chmodSync(stateDir, 0o711);
    for (const name of ['run', 'log', 'db']) mkdirSync(join(stateDir, name), { recursive: true, mode: 0o700 });
    writeFileSync(versionFile, `${STATE_VERSION}\n`, { mode: 0o600 });
  } catch (error) {
    if (isNoSpace(error)) throw error;
    throw new CommandError(
      `${stateDir} cannot be used (${(error as Error).message}): name another one with KUMO_STATE=…`,
      { cause: error },
    );
  }
}
