import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { AccessModel } from './access-model.ts';
import type { Answer, TestKeystone } from './harness.ts';

const STEPS = 60;
const MAX_DEPTH = 5;

/** Random trees, groups and grants: after every change the roles are those of the slow model, kept answers included. */
export function accessModelSuite(name: string, cloud: () => TestKeystone): void {
  test(`${name}: what users can do is what a plain reading of the rules says, after every one of ${STEPS} changes`, async () => {
    const seed = Number(process.env.KUMO_SEED ?? randomInt(2 ** 31));
    const walk = new Walk(cloud(), seed);
    await walk.begin();
    for (let step = 0; step < STEPS; step += 1) {
      const did = await walk.change();
      await walk.compare(`KUMO_SEED=${seed}, step ${step}: ${did}`);
    }
    await walk.end();
  });
}

/** A small generator of numbers that a seed repeats (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function rolesOf({ body }: Answer): string[] {
  return body.token.roles.map((one: { id: string }) => one.id).toSorted();
}

class Walk {
  readonly #keystone: TestKeystone;
  readonly #next: () => number;
  readonly #model = new AccessModel();
  /** Of each user without a scope, and for each place. */
  readonly #tokens = new Map<string, string>();
  #domain = '';
  #users: string[] = [];
  #groups: string[] = [];
  #roles: string[] = [];
  #made = 0;

  constructor(keystone: TestKeystone, seed: number) {
    this.#keystone = keystone;
    this.#next = numbersFrom(seed);
  }

  async begin(): Promise<void> {
    this.#domain = await this.#make('domain', { name: this.#name() });
    this.#model.projects.set(this.#domain, { id: this.#domain, parentId: null });
    for (let at = 0; at < 3; at += 1) await this.#addUser();
    for (let at = 0; at < 2; at += 1) this.#groups.push(await this.#make('group', { domain_id: this.#domain }));
    for (let at = 0; at < 4; at += 1) this.#roles.push(await this.#make('role', {}));
    const own = await this.#make('role', { domain_id: this.#domain });
    this.#roles.push(own);
    this.#model.domainRoles.add(own);
    await this.#addProject();
  }

  async end(): Promise<void> {
    const { expect } = this.#keystone;
    const call = expect.bind(this.#keystone);
    await call(200, 'PATCH', `/v3/domains/${this.#domain}`, { body: { domain: { enabled: false } } });
    await call(204, 'DELETE', `/v3/domains/${this.#domain}`);
    for (const role of this.#roles.filter((one) => !this.#model.domainRoles.has(one)))
      await call(204, 'DELETE', `/v3/roles/${role}`);
    const left = await call(200, 'GET', '/v3/role_assignments');
    const text = JSON.stringify(left);
    for (const id of [...this.#users, ...this.#groups, ...this.#model.projects.keys()]) assert.ok(!text.includes(id));
  }

  async change(): Promise<string> {
    const dice = this.#next();
    if (dice < 0.2) return this.#addProject();
    if (dice < 0.28) return this.#removeProject();
    if (dice < 0.45) return this.#toggleMember();
    if (dice < 0.55) return this.#toggleImplication();
    return this.#toggleGrant();
  }

  /** All users on all projects and the domain, in tokens' terms and in the list of effective assignments. */
  async compare(when: string): Promise<void> {
    const { expect } = this.#keystone;
    for (const user of this.#users) {
      const expected = new Map<string, string[]>();
      for (const { id, parentId } of this.#model.projects.values()) {
        const place = parentId === null ? `domain ${id}` : `project ${id}`;
        const roles = this.#model.roles(user, place);
        if (roles.length > 0) expected.set(place, roles);
      }
      const { role_assignments: list } = await expect.call(
        this.#keystone,
        200,
        'GET',
        `/v3/role_assignments?effective&user.id=${user}`,
      );
      const found = new Map<string, Set<string>>();
      for (const { role, scope } of list as { role: { id: string }; scope: Record<string, { id: string }> }[]) {
        const place = scope.project ? `project ${scope.project.id}` : `domain ${scope.domain?.id}`;
        found.set(place, (found.get(place) ?? new Set()).add(role.id));
      }
      const sorted = (entries: Iterable<[string, Iterable<string>]>) =>
        [...entries].map(([place, roles]) => `${place}: ${[...roles].toSorted()}`).toSorted();
      assert.deepEqual(sorted(found), sorted(expected), when);
      const { projects } = await expect.call(this.#keystone, 200, 'GET', `/v3/users/${user}/projects`);
      assert.deepEqual(
        projects.map((one: { id: string }) => `project ${one.id}`).toSorted(),
        [...expected.keys()].filter((place) => place.startsWith('project')).toSorted(),
        when,
      );
      await this.#compareTokens(user, expected, when);
    }
  }

  /** New tokens, and those given out before, say what is true now, or are none. */
  async #compareTokens(user: string, expected: ReadonlyMap<string, string[]>, when: string): Promise<void> {
    for (const { id, parentId } of this.#model.projects.values()) {
      const place = parentId === null ? `domain ${id}` : `project ${id}`;
      const wanted = expected.get(place);
      const older = this.#tokens.get(`${user} ${place}`);
      const known = older && (await this.#validate(older));
      if (known) assert.deepEqual(rolesOf(known), wanted ?? [], `an older token for ${place}, ${when}`);
      else if (older) assert.ok(!wanted, `an older token for ${place} is gone, ${when}`);
      const scope = parentId === null ? { domain: { id } } : { project: { id } };
      const identity = { methods: ['token'], token: { id: this.#tokens.get(user) } };
      const body = { auth: { identity, scope } };
      const answer = await this.#keystone.call('POST', '/v3/auth/tokens', { token: null, body });
      assert.equal(answer.status, wanted ? 201 : 401, `${place}, ${when}`);
      if (!wanted) continue;
      assert.deepEqual(rolesOf(answer), wanted, `${place}, ${when}`);
      if (!known) this.#tokens.set(`${user} ${place}`, answer.headers['x-subject-token'] as string);
    }
  }

  async #validate(token: string): Promise<Answer | undefined> {
    const answer = await this.#keystone.call('GET', '/v3/auth/tokens', { headers: { 'x-subject-token': token } });
    return answer.status === 404 ? undefined : answer;
  }

  async #addUser(): Promise<void> {
    const id = await this.#make('user', { domain_id: this.#domain, password: 'pw' });
    this.#users.push(id);
    await this.#logIn(id);
  }

  async #logIn(id: string): Promise<void> {
    const identity = { methods: ['password'], password: { user: { id, password: 'pw' } } };
    const body = { auth: { identity, scope: 'unscoped' } };
    const answer = await this.#keystone.call('POST', '/v3/auth/tokens', { token: null, body });
    assert.equal(answer.status, 201);
    this.#tokens.set(id, answer.headers['x-subject-token'] as string);
  }

  async #addProject(): Promise<string> {
    const parents = [...this.#model.projects.keys()].filter((id) => this.#depth(id) < MAX_DEPTH);
    const parentId = this.#one(parents) as string;
    const id = await this.#make('project', { domain_id: this.#domain, parent_id: parentId });
    this.#model.projects.set(id, { id, parentId });
    return `project ${id} below ${parentId}`;
  }

  async #removeProject(): Promise<string> {
    const parents = new Set([...this.#model.projects.values()].map((one) => one.parentId));
    const leaf = this.#one([...this.#model.projects.keys()].filter((id) => !parents.has(id)));
    if (leaf === undefined || leaf === this.#domain) return 'nothing';
    await this.#keystone.expect(204, 'DELETE', `/v3/projects/${leaf}`);
    this.#model.projects.delete(leaf);
    for (const [key, one] of this.#model.grants) if (one.target === `project ${leaf}`) this.#model.grants.delete(key);
    return `no project ${leaf}`;
  }

  async #toggleMember(): Promise<string> {
    const [group, user] = [this.#one(this.#groups), this.#one(this.#users) as string];
    const key = `${group} ${user}`;
    const did = await this.#toggle(this.#model.members, key, `/v3/groups/${group}/users/${user}`, 204);
    if (this.#model.members.has(key)) return did;
    // Who leaves a group loses all tokens.
    for (const [kept, token] of this.#tokens) {
      if (!kept.startsWith(user)) continue;
      assert.equal(await this.#validate(token), undefined, did);
      this.#tokens.delete(kept);
    }
    await this.#logIn(user);
    return did;
  }

  async #toggleImplication(): Promise<string> {
    const [prior, role] = [this.#one(this.#roles), this.#one(this.#roles.slice(0, -1))];
    if (prior === role) return 'nothing';
    return this.#toggle(this.#model.implied, `${prior} ${role}`, `/v3/roles/${prior}/implies/${role}`, 201);
  }

  async #toggleGrant(): Promise<string> {
    const kind = this.#next() < 0.6 ? 'user' : 'group';
    const actorId = this.#one(kind === 'user' ? this.#users : this.#groups);
    const targetId = this.#one([...this.#model.projects.keys()]) as string;
    const role = this.#one(this.#roles) as string;
    const inherited = this.#next() < 0.4;
    const target = targetId === this.#domain ? 'domain' : 'project';
    const path = `${target}s/${targetId}/${kind}s/${actorId}/roles/${role}`;
    const url = inherited ? `/v3/OS-INHERIT/${path}/inherited_to_projects` : `/v3/${path}`;
    const isGiven = this.#model.grants.has(url);
    await this.#keystone.expect(204, isGiven ? 'DELETE' : 'PUT', url);
    if (isGiven) this.#model.grants.delete(url);
    else this.#model.grants.set(url, { actor: `${kind} ${actorId}`, target: `${target} ${targetId}`, role, inherited });
    return `${isGiven ? 'DELETE' : 'PUT'} ${url}`;
  }

  async #toggle(known: Set<string>, key: string, url: string, made: number): Promise<string> {
    const isThere = known.has(key);
    await this.#keystone.expect(isThere ? 204 : made, isThere ? 'DELETE' : 'PUT', url);
    if (isThere) known.delete(key);
    else known.add(key);
    return `${isThere ? 'DELETE' : 'PUT'} ${url}`;
  }

  #depth(id: string): number {
    const parentId = this.#model.projects.get(id)?.parentId ?? null;
    return parentId === null ? 0 : 1 + this.#depth(parentId);
  }

  #one<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#next() * list.length)];
  }

  #name(): string {
    this.#made += 1;
    return `walk-${this.#made}-${Math.floor(this.#next() * 2 ** 31)}`;
  }

  async #make(kind: string, values: object): Promise<string> {
    const body = { [kind]: { name: this.#name(), ...values } };
    return (await this.#keystone.expect(201, 'POST', `/v3/${kind}s`, { body }))[kind].id;
  }
}
