import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderPrometheus } from '@kumo/core/telemetry';
import { StatementRecorder } from '../../core/src/testing/query-plans.ts';
import type { TestKeystone } from './harness.ts';
import { newPersonWithDevice } from './passcode-device.ts';
import { newPerson, password, tokenOf } from './token-people.ts';

const recorder = new StatementRecorder();

/** What a wrong login costs, whatever is wrong: the statements that it makes and the passwords that it hashes. */
export function guessWorkSuite(engine: string, cloud: () => TestKeystone): void {
  async function hashed(): Promise<number> {
    return Number(/^keystone_password_turns_total\{outcome="done"\} (\d+)/m.exec(await renderPrometheus())?.[1]);
  }

  async function workOf(identity: object, status: number) {
    const body = { auth: { identity: { methods: Object.keys(identity), ...identity } } };
    const log = () => cloud().call('POST', '/v3/auth/tokens', { token: null, body });
    // What is kept in memory of everybody is there.
    await log();
    const before = await hashed();
    const statements = await recorder.all(async (headers) => {
      const answer = await cloud().call('POST', '/v3/auth/tokens', { token: null, body, headers });
      assert.equal(answer.status, status, JSON.stringify(answer.body));
    });
    // Of a statement only what it does: names and values differ.
    const kinds = statements.map((text) => text.replace(/\s+/g, ' ').slice(0, 60)).toSorted();
    return { kinds, hashes: (await hashed()) - before };
  }

  async function everyRef() {
    const { person, device } = await newPersonWithDevice(cloud());
    const bare = await newPerson(cloud());
    const off = await newPersonWithDevice(cloud());
    await cloud().expect(200, 'PATCH', `/v3/users/${off.person.id}`, { body: { user: { enabled: false } } });
    const named = (name: string, domain: object) => ({ name, domain });
    return {
      device,
      byId: {
        known: { id: person.id },
        bare: { id: bare.id },
        disabled: { id: off.person.id },
        unknown: { id: 'nobody' },
      },
      byName: {
        known: named(person.name, { name: 'Default' }),
        bare: named(bare.name, { name: 'Default' }),
        disabled: named(off.person.name, { name: 'Default' }),
        unknown: named('nobody', { name: 'Default' }),
        nowhere: named(person.name, { name: 'Nowhere' }),
      },
    };
  }

  const alike = (works: Readonly<Record<string, unknown>>) => {
    const [first, ...others] = Object.entries(works) as [[string, unknown], ...[string, unknown][]];
    for (const [name, work] of others) assert.deepEqual(work, first[1], `${name} against ${first[0]}`);
  };

  for (const kind of ['byId', 'byName'] as const) {
    test(`${engine}: a wrong password costs the same whoever is meant (${kind})`, async () => {
      const works: Record<string, unknown> = {};
      for (const [name, user] of Object.entries((await everyRef())[kind])) {
        const work = await workOf({ password: { user: { ...user, password: 'x' } } }, 401);
        assert.equal(work.hashes, 1, name);
        works[name] = work;
      }
      alike(works);
    });

    test(`${engine}: a wrong passcode costs the same whoever is meant, with a device or without (${kind})`, async () => {
      const { device, ...refs } = await everyRef();
      const works: Record<string, unknown> = {};
      for (const [name, user] of Object.entries(refs[kind]))
        works[name] = await workOf({ totp: { user: { ...user, passcode: device.wrong() } } }, 401);
      alike(works);
    });
  }

  test(`${engine}: a wrong secret of an application credential is hashed whatever is wrong`, async () => {
    const person = await newPerson(cloud());
    const token = await tokenOf(cloud(), person);
    const url = `/v3/users/${person.id}/application_credentials`;
    const make = (values: object) =>
      cloud().expect(201, 'POST', url, { token, body: { application_credential: values } });
    const chosen = (await make({ name: 'chosen', secret: 'chosen' })).application_credential;
    const made = (await make({ name: 'made' })).application_credential;
    const named = (user: object, name: string) => ({ name, user, secret: 'x' });
    for (const [wanted, status] of [
      [{ id: chosen.id, secret: 'x' }, 401],
      [{ id: made.id, secret: 'x' }, 401],
      [{ id: 'none', secret: 'x' }, 404],
      [named({ id: person.id }, 'chosen'), 401],
      [named({ id: person.id }, 'none'), 401],
      [named({ id: 'nobody' }, 'chosen'), 401],
      [named({ name: 'nobody', domain: { name: 'Nowhere' } }, 'chosen'), 401],
    ] as const)
      assert.equal((await workOf({ application_credential: wanted }, status)).hashes, 1, JSON.stringify(wanted));
  });

  test(`${engine}: a good login looks up no more for those who were wrong before`, async () => {
    const person = await newPerson(cloud());
    await tokenOf(cloud(), person);
    const identity = { methods: ['password'], password: password(person.id) };
    const statements = await recorder.all((headers) =>
      cloud().expect(201, 'POST', '/v3/auth/tokens', { token: null, body: { auth: { identity } }, headers }),
    );
    const own = statements.filter((text) => /login_throttles|login_failures/.test(text));
    assert.ok(own.length <= 5, own.join('\n'));
  });
}
