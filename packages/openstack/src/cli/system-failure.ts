import { accessSync, constants, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { CommandError } from './command-error.ts';

const { F_OK, R_OK, X_OK } = constants;

/** Why, and what to do about it, by the system's code; `{state}` is the state directory. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOENT: 'it is not there: kumo up makes what is missing',
  EROFS: 'its file system is read-only: mount it for writing',
  ENOTDIR: 'something on its path is no directory',
  EISDIR: 'it is a directory',
  ELOOP: 'its symbolic links lead nowhere',
  EMFILE: 'too many files are open: raise the limit (ulimit -n)',
  ENFILE: 'too many files are open on this machine',
  EIO: 'its disk does not answer: see the kernel log (dmesg)',
};

/**
 * What the system refused, as a sentence that names the path and says what to do.
 * @returns undefined for an error that is none of the system's about a file.
 */
export function systemFailure(stateDir: string, error: unknown): CommandError | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code, path, dest } = at as NodeJS.ErrnoException & { dest?: string };
    const reason = code === undefined ? undefined : REASONS[code];
    if (reason === undefined || path === undefined) continue;
    const where = dest === undefined ? path : `${path} (to become ${dest})`;
    return new CommandError(`${where}: ${reason}${nextStep(code as string, path, stateDir)}`, { cause: error });
  }
  return undefined;
}

/**
 * Looks whether the state directory, if there is one, may be looked into: what may not be seen would count as not there.
 * @throws CommandError naming what is closed.
 */
export function checkStateDir(stateDir: string): void {
  if (!mayUse(stateDir, X_OK)) return;
  for (const name of ['run', 'log', 'db']) mayUse(join(stateDir, name), R_OK | X_OK);

  function mayUse(path: string, mode: number): boolean {
    try {
      accessSync(path, F_OK);
      accessSync(path, mode);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw systemFailure(stateDir, error) ?? error;
    }
  }
}

function nextStep(code: string, path: string, stateDir: string): string {
  const other = `name another state directory with KUMO_STATE=…`;
  if (code !== 'EACCES' && code !== 'EPERM') return code === 'ENOENT' ? '' : `, or ${other}`;
  const me = userInfo().username;
  const owner = ownerOf(path);
  const isRoot = process.getuid?.() === 0;
  const as = owner === undefined || isRoot ? '' : `; it belongs to user ${owner}`;
  return ` for ${me}${as}: run this as ${isRoot ? 'its owner' : 'root'} (${isRoot ? 'sudo -u …' : 'sudo'} kumo …), or ${other} (now ${stateDir})`;
}

/** The user id that a path, or the first directory above that can be seen, belongs to. */
function ownerOf(path: string): number | undefined {
  for (let at = path; at !== dirname(at); at = dirname(at)) {
    try {
      return statSync(at).uid;
    } catch {
      // Not to be seen either.
    }
  }
  return undefined;
}
