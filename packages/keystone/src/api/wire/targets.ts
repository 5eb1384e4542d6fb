interface Owned {
  readonly id: string;
  readonly domainId: string | null;
}

interface Things {
  readonly user?: Owned | undefined;
  readonly group?: Owned | undefined;
  readonly project?: Owned | undefined;
  readonly domain?: { readonly id: string } | undefined;
  readonly role?: (Owned & { readonly name: string }) | undefined;
}

/** What policies read as `%(target.user.domain_id)s`; what is not there matches nothing. */
export function targetOf(things: Things): Record<string, unknown> {
  const { user, group, project, domain, role } = things;
  const owned = (thing: Owned) => ({ id: thing.id, domain_id: thing.domainId });
  return {
    target: {
      ...(user && { user: owned(user) }),
      ...(group && { group: owned(group) }),
      ...(project && { project: owned(project) }),
      ...(domain && { domain: { id: domain.id } }),
      ...(role && { role: { ...owned(role), name: role.name } }),
    },
  };
}

/** The target of creating a thing in a domain. */
export function newIn(kind: 'user' | 'group' | 'project', domainId: string | null): Record<string, unknown> {
  return { target: { [kind]: { domain_id: domainId } } };
}
