import { immutable } from '../errors.ts';

/** Settings of a resource beside its attributes; `immutable` is the one of projects, domains and roles. */
export type ResourceOptions = Readonly<Record<string, unknown>>;

interface Locked {
  readonly id: string;
  readonly options: ResourceOptions;
}

/** Options with changes; null takes one away. */
export function changedOptions(known: ResourceOptions, changes: ResourceOptions = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...known, ...changes }).filter(([, value]) => value !== null));
}

/**
 * An immutable resource takes one change only: to unlock it, and nothing else with it.
 * @param wanted attributes to change; undefined ones and an empty `extra` are none.
 * @throws immutable
 */
export function refuseLockedUpdate(type: string, known: Locked, wanted: Readonly<Record<string, unknown>>): void {
  if (known.options.immutable !== true) return;
  const { options, extra = {}, ...others } = wanted as { options?: ResourceOptions; extra?: object };
  const isOnlyOptions = Object.values(others).every((value) => value === undefined) && Object.keys(extra).length === 0;
  const unlocks = options !== undefined && (options.immutable === false || options.immutable === null);
  if (!isOnlyOptions || !unlocks) throw immutable({ action: 'update', type, id: known.id });
}

/** @throws immutable */
export function refuseLockedDelete(type: string, known: Locked): void {
  if (known.options.immutable === true) throw immutable({ action: 'delete', type, id: known.id });
}
