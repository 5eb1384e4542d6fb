/** What users can do, worked out the slow way: every rule is looked at for every project. */
export interface ModelProject {
  readonly id: string;
  readonly parentId: string | null;
}

export interface ModelGrant {
  readonly actor: string;
  readonly target: string;
  readonly role: string;
  readonly inherited: boolean;
}

export class AccessModel {
  readonly projects = new Map<string, ModelProject>();
  readonly members = new Set<string>();
  readonly grants = new Map<string, ModelGrant>();
  readonly implied = new Set<string>();
  /** Roles that only stand for what they imply. */
  readonly domainRoles = new Set<string>();

  /** The names of the roles that a user has on a project, a domain (`domain x`) or the system (`system`). */
  roles(user: string, place: string): string[] {
    const actors = [
      `user ${user}`,
      ...[...this.members].filter((one) => one.endsWith(` ${user}`)).map((one) => `group ${one.split(' ')[0]}`),
    ];
    const above = this.#above(place);
    const held = new Set<string>();
    for (const { actor, target, role, inherited } of this.grants.values()) {
      if (!actors.includes(actor)) continue;
      if (inherited ? above.includes(target) : target === place) held.add(role);
    }
    for (let size = -1; size !== held.size; ) {
      size = held.size;
      for (const pair of this.implied) {
        const [prior, role] = pair.split(' ') as [string, string];
        if (held.has(prior)) held.add(role);
      }
    }
    return [...held].filter((role) => !this.domainRoles.has(role)).toSorted();
  }

  #above(place: string): string[] {
    const found: string[] = [];
    let at = this.projects.get(place.replace('project ', ''))?.parentId ?? null;
    while (at !== null) {
      const parent = this.projects.get(at);
      found.push(parent?.parentId == null ? `domain ${at}` : `project ${at}`);
      at = parent?.parentId ?? null;
    }
    return found;
  }
}
