import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Answer, TestKeystone } from './harness.ts';

const AUTH = '/v3/auth/tokens';

/** A user of a test, with its password. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly password: string;
}

/** Users, projects and roles of one test, and what they do with trusts and application credentials. */
export class People {
  readonly #cloud: () => TestKeystone;
  readonly #prefix: string;
  #count = 0;

  constructor(cloud: () => TestKeystone, prefix: string) {
    this.#cloud = cloud;
    this.#prefix = `${prefix}-${randomUUID().slice(0, 8)}`;
  }

  async person(): Promise<Person> {
    const name = this.#name();
    const password = `secret of ${name}`;
    return { ...(await this.#make('user', { name, password })), name, password };
  }

  project(): Promise<{ id: string; name: string }> {
    return this.#make('project', { name: this.#name() });
  }

  role(): Promise<{ id: string; name: string }> {
    return this.#make('role', { name: this.#name() });
  }

  async roleId(name: string): Promise<string> {
    return (await this.#cloud().expect(200, 'GET', `/v3/roles?name=${name}`)).roles[0].id;
  }

  async give(person: Person, projectId: string, roleId: string): Promise<void> {
    await this.#cloud().expect(204, 'PUT', `/v3/projects/${projectId}/users/${person.id}/roles/${roleId}`);
  }

  async take(person: Person, projectId: string, roleId: string): Promise<void> {
    await this.#cloud().expect(204, 'DELETE', `/v3/projects/${projectId}/users/${person.id}/roles/${roleId}`);
  }

  /** @param projectId left out: without a scope. */
  logIn(person: Person, projectId?: string): Promise<string> {
    return this.tokenOf(this.auth(person, projectId === undefined ? 'unscoped' : { project: { id: projectId } }));
  }

  auth({ id, password }: Person, scope?: object | string): object {
    return {
      auth: {
        identity: { methods: ['password'], password: { user: { id, password } } },
        ...(scope === undefined ? {} : { scope }),
      },
    };
  }

  throughTrust(person: Person, trustId: string): object {
    return this.auth(person, { 'OS-TRUST:trust': { id: trustId } });
  }

  withToken(token: string, scope?: object): object {
    return { auth: { identity: { methods: ['token'], token: { id: token } }, ...(scope ? { scope } : {}) } };
  }

  withCredential(part: object, scope?: object): object {
    const identity = { methods: ['application_credential'], application_credential: part };
    return { auth: { identity, ...(scope ? { scope } : {}) } };
  }

  authenticate(body: object): Promise<Answer> {
    return this.#cloud().call('POST', AUTH, { token: null, body });
  }

  async tokenOf(body: object): Promise<string> {
    const answer = await this.authenticate(body);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.headers['x-subject-token'] as string;
  }

  /** The status of validating a token, by an admin that enforces access rules. */
  async validity(token: string): Promise<number> {
    const headers = { 'x-subject-token': token, 'openstack-identity-access-rules': '1.0' };
    return (await this.#cloud().call('GET', AUTH, { headers })).status;
  }

  #name(): string {
    this.#count += 1;
    return `${this.#prefix}-${this.#count}`;
  }

  async #make(kind: string, values: object) {
    return (await this.#cloud().expect(201, 'POST', `/v3/${kind}s`, { body: { [kind]: values } }))[kind];
  }
}
