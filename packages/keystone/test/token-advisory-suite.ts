import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestKeystone } from './harness.ts';
import { AUTH, exchange, grant, logInWith, newPerson, password, subject, tokenOf } from './token-people.ts';

/** What was once wrong with tokens of the real one, by the advisories' ids, on one database. */
export function tokenAdvisorySuite(engine: string, cloud: () => TestKeystone): void {
  const gone = async (token: string, why: string) => {
    assert.equal((await cloud().call('GET', AUTH, subject(token))).status, 404, why);
    assert.equal((await cloud().call('HEAD', AUTH, subject(token))).status, 404, why);
    assert.equal((await cloud().call('GET', '/v3/auth/projects', { token })).status, 401, why);
  };
  const good = async (token: string) => (await cloud().expect(200, 'GET', AUTH, subject(token))).token;

  test(`OSSA-2016-008: every token of a chain names the first, which revoking the chain's tokens goes by (${engine})`, async () => {
    const person = await newPerson(cloud());
    const first = await tokenOf(cloud(), person);
    const second = (await exchange(cloud(), first, 'unscoped')).headers['x-subject-token'] as string;
    const third = (await exchange(cloud(), second, { project: { id: person.projectId } })).headers['x-subject-token'];
    const audits = await Promise.all([first, second, third as string].map(async (one) => (await good(one)).audit_ids));
    assert.equal(new Set(audits.map((ids) => ids[0])).size, 3);
    assert.deepEqual(
      audits.slice(1).map((ids) => ids[1]),
      [audits[0][0], audits[0][0]],
    );
    assert.equal(audits[0].length, 1);
  });

  test(`OSSA-2016-005: no other spelling of a revoked token is accepted (${engine})`, async () => {
    const token = await tokenOf(cloud(), await newPerson(cloud()));
    await good(token);
    await cloud().expect(204, 'DELETE', AUTH, { token, ...subject(token) });
    const padded = token.padEnd(token.length + ((4 - (token.length % 4)) % 4), '=');
    const last = token.at(-1) as string;
    const flipped = `${token.slice(0, -1)}${last === 'A' ? 'B' : 'A'}`;
    for (const spelling of [token, padded, `${token}=`, flipped, token.replaceAll('_', '/').replaceAll('-', '+')])
      await gone(spelling, spelling);
  });

  test(`OSSA-2014-026: validation changes no times, and a disabled domain ends what is of it (${engine})`, async () => {
    const { domain } = await cloud().expect(201, 'POST', '/v3/domains', {
      body: { domain: { name: `d-${Date.now()}` } },
    });
    const person = await newPerson(cloud());
    const { roles } = await cloud().expect(200, 'GET', '/v3/roles?name=member');
    await cloud().expect(204, 'PUT', `/v3/domains/${domain.id}/users/${person.id}/roles/${roles[0].id}`);
    const issued = await logInWith(
      cloud(),
      { password: password(person.id) },
      { scope: { domain: { id: domain.id } } },
    );
    const token = issued.headers['x-subject-token'] as string;
    await sleep(1_050);
    const shown = await good(token);
    assert.deepEqual([shown.issued_at, shown.expires_at], [issued.body.token.issued_at, issued.body.token.expires_at]);
    await cloud().expect(200, 'PATCH', `/v3/domains/${domain.id}`, { body: { domain: { enabled: false } } });
    await gone(token, 'the domain is disabled');
  });

  test(`OSSA-2014-013: a method named many times is asked once (${engine})`, async () => {
    const person = await newPerson(cloud());
    const methods = Array.from({ length: 16 }, () => 'password');
    const body = { auth: { identity: { methods, password: password(person.id) } } };
    const { token } = await cloud().expect(201, 'POST', AUTH, { token: null, body });
    assert.deepEqual(token.methods, ['password']);
    const many = { auth: { identity: { methods: [...methods, 'password'], password: password(person.id) } } };
    await cloud().expect(400, 'POST', AUTH, { token: null, body: many });
  });

  test(`OSSA-2013-011 and OSSA-2012-010: deleted, disabled, another password: earlier tokens are over (${engine})`, async () => {
    const [deleted, disabled, changed, reset] = await Promise.all([1, 2, 3, 4].map(() => newPerson(cloud())));
    assert.ok(deleted && disabled && changed && reset);
    const tokens = await Promise.all([deleted, disabled, changed, reset].map((one) => tokenOf(cloud(), one)));
    for (const token of tokens) await good(token);
    await cloud().expect(204, 'DELETE', `/v3/users/${deleted.id}`);
    await cloud().expect(200, 'PATCH', `/v3/users/${disabled.id}`, { body: { user: { enabled: false } } });
    const own = { user: { original_password: 'pw', password: 'other' } };
    await cloud().expect(204, 'POST', `/v3/users/${changed.id}/password`, { token: tokens[2], body: own });
    await cloud().expect(200, 'PATCH', `/v3/users/${reset.id}`, { body: { user: { password: 'given' } } });
    for (const token of tokens) await gone(token, 'over');
    await good(await tokenOf(cloud(), changed, 'other'));
    await cloud().expect(200, 'PATCH', `/v3/users/${disabled.id}`, { body: { user: { enabled: true } } });
    await gone(tokens[1] as string, 'still over when enabled again');
  });

  test(`OSSA-2012-019: no exchange prolongs a token (${engine})`, async () => {
    const person = await newPerson(cloud());
    let token = await tokenOf(cloud(), person);
    const { expires_at: end } = await good(token);
    for (const scope of [undefined, 'unscoped', { project: { id: person.projectId } }, undefined]) {
      await sleep(1_010);
      const bought = await exchange(cloud(), token, scope);
      assert.equal(bought.body.token.expires_at, end);
      token = bought.headers['x-subject-token'] as string;
    }
  });

  test(`OSSA-2012-016: a disabled project has no tokens, old or new (${engine})`, async () => {
    const person = await newPerson(cloud());
    const [token, unscoped] = [
      await tokenOf(cloud(), person),
      await logInWith(cloud(), { password: password(person.id) }, { scope: 'unscoped' }),
    ];
    await cloud().expect(200, 'PATCH', `/v3/projects/${person.projectId}`, { body: { project: { enabled: false } } });
    await gone(token, 'the project is disabled');
    const scope = { project: { id: person.projectId } };
    assert.equal((await logInWith(cloud(), { password: password(person.id) }, { scope })).status, 401);
    assert.equal((await exchange(cloud(), unscoped.headers['x-subject-token'] as string, scope)).status, 401);
  });

  test(`OSSA-2012-014: a role that was taken away is in no token any more (${engine})`, async () => {
    const person = await newPerson(cloud());
    const manager = { userId: person.id, projectId: person.projectId, role: 'manager' };
    await grant(cloud(), 'PUT', manager);
    const token = await tokenOf(cloud(), person);
    const names = async () => (await good(token)).roles.map((one: { name: string }) => one.name);
    assert.ok((await names()).includes('manager'));
    await grant(cloud(), 'DELETE', manager);
    assert.deepEqual(await names(), ['member', 'reader']);
    await grant(cloud(), 'DELETE', { ...manager, role: 'member' });
    await gone(token, 'no role is left');
  });

  test(`OSSA-2013-009: GET and HEAD see a revocation, of tokens of every scope (${engine})`, async () => {
    const admin = { password: { user: { name: 'admin', domain: { id: 'default' }, password: 'admin-secret' } } };
    const project = { name: 'admin', domain: { id: 'default' } };
    for (const scope of ['unscoped', { project }, { domain: { id: 'default' } }, { system: { all: true } }]) {
      const answer = await logInWith(cloud(), admin, { scope });
      const token = answer.headers['x-subject-token'] as string;
      await good(token);
      await cloud().expect(204, 'DELETE', AUTH, { token, ...subject(token) });
      await gone(token, JSON.stringify(scope));
    }
  });
}
