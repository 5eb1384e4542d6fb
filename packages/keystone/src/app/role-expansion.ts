/** Some roles and all that they imply, directly or further on. */
export function expandRoles(roleIds: Iterable<string>, implied: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set(roleIds);
  // A set is walked through to its end, what is added on the way included.
  for (const id of found) for (const next of implied.get(id) ?? []) found.add(next);
  return found;
}
