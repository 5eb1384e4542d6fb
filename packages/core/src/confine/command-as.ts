/** Of a process and its files. */
export interface Ids {
  uid: number;
  gid: number;
}

export interface ConfinedOptions {
  /** Supplementary groups. Default none. */
  groups?: readonly number[];
  /** Namespaces of its own, where `ids` are given (they need root): `net` has not even a loopback that is up. */
  namespaces?: readonly ('net' | 'ipc' | 'uts')[];
}

/**
 * The command that becomes `program` with these ids and without any privilege, nor a way to one: `run(...commandAs(…))`. Both
 * programs before it (util-linux) replace themselves, so the pid stays and file descriptors are handed on.
 *
 * @param ids undefined where this process is not root: the program then keeps its user, and can only not gain anything.
 */
export function commandAs(
  ids: Ids | undefined,
  program: string,
  args: readonly string[],
  { groups = [], namespaces = [] }: ConfinedOptions = {},
): [string, string[]] {
  if (!ids) return ['setpriv', ['--no-new-privs', '--', program, ...args]];
  const drop = [
    `--reuid=${ids.uid}`,
    `--regid=${ids.gid}`,
    groups.length > 0 ? `--groups=${groups.join(',')}` : '--clear-groups',
    '--inh-caps=-all',
    '--bounding-set=-all',
    '--no-new-privs',
  ];
  const confined = [...drop, '--', program, ...args];
  if (namespaces.length === 0) return ['setpriv', confined];
  return ['unshare', [...namespaces.map((name) => `--${name}`), '--', 'setpriv', ...confined]];
}
