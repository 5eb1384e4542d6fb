import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { inProcess, ServiceTokenSource, TokenValidator } from '../../src/client/index.ts';
import { issueToken, validateToken } from '../../src/client/token-operations.ts';
import { defineError } from '../../src/errors/index.ts';
import { createApp, implement, keystoneEnvelope } from '../../src/http/index.ts';
import { silentLogger } from '../../src/log/index.ts';
import { PolicySet } from '../../src/policy/index.ts';

const tokenNotFound = defineError('notFound', 'TokenNotFound', 'Could not recognize Fernet token.');
const refused = defineError('unauthorized', 'Unauthorized', 'The request you have made requires authentication.');

/** What of Keystone these two classes meet: a second app, over the same pipeline. */
class Identity {
  logins = 0;
  questions = 0;
  readonly good = new Set<string>();
  readonly subjects = new Map<string, string>([['user-token', 'u1']]);
  lifeMs = 3_600_000;
  app: FastifyInstance | undefined = this.#make();

  stop(): void {
    this.app = undefined;
  }

  #body(id: string) {
    const expires = new Date(Date.now() + this.lifeMs).toISOString();
    return {
      token: {
        user: { id, name: id, domain: { id: 'default' } },
        project: { id: 'p1' },
        roles: [{ id: 'r', name: 'member' }],
        audit_ids: ['a1'],
        expires_at: expires,
      },
    };
  }

  #make(): FastifyInstance {
    return createApp({
      service: 'keystone',
      envelope: keystoneEnvelope,
      routes: [
        implement(issueToken, async ({ body, reply }) => {
          this.logins++;
          const { identity, scope } = body.auth as {
            identity: { password: { user: { password: string } } };
            scope: { project: { name: string } };
          };
          assert.equal(scope.project.name, 'service');
          if (identity.password.user.password !== 'right') throw refused();
          const token = `service-${this.logins}`;
          this.good.add(token);
          reply.header('X-Subject-Token', token);
          return this.#body('nova');
        }),
        implement(validateToken, async ({ headers, query }) => {
          this.questions++;
          const user =
            this.subjects.get(headers['x-subject-token']) ??
            (query.allow_expired ? this.subjects.get(`${headers['x-subject-token']} expired`) : undefined);
          if (user === undefined) throw tokenNotFound();
          return this.#body(user);
        }),
      ],
      tokens: {
        validate: async (token) =>
          this.good.has(token) ? { userId: 'nova', roles: ['service'], auditIds: [] } : undefined,
      },
      policies: new PolicySet([]),
      log: silentLogger,
    });
  }
}

function setUp(options: { cacheSeconds?: number; maxEntries?: number; password?: string } = {}) {
  const identity = new Identity();
  const transport = inProcess(() => identity.app);
  const serviceToken = new ServiceTokenSource({
    transport,
    from: 'nova-api',
    username: 'nova',
    password: options.password ?? 'right',
    deadlineMs: 300,
  });
  return {
    identity,
    serviceToken,
    validator: new TokenValidator({ transport, serviceToken, from: 'nova-api', deadlineMs: 300, ...options }),
  };
}

test('a token is asked about once, however many bring it at once, and again when the answer is old', async () => {
  const { identity, validator } = setUp({ cacheSeconds: 0.1 });
  const infos = await Promise.all(Array.from({ length: 20 }, () => validator.validate('user-token')));
  assert.deepEqual(new Set(infos.map((info) => info?.userId)), new Set(['u1']));
  assert.deepEqual(infos[0]?.roles, ['member']);
  assert.deepEqual([identity.questions, identity.logins], [1, 1]);
  await validator.validate('user-token');
  assert.equal(identity.questions, 1);
  await new Promise((resolve) => setTimeout(resolve, 120));
  identity.subjects.clear();
  assert.equal(await validator.validate('user-token'), undefined);
  assert.equal(identity.questions, 2);
  await validator.validate('user-token');
  assert.equal(identity.questions, 2, 'a refusal is kept too');
});

test('an answer is not believed longer than the token lives', async () => {
  const { identity, validator } = setUp();
  identity.lifeMs = 50;
  await validator.validate('user-token');
  await new Promise((resolve) => setTimeout(resolve, 60));
  await validator.validate('user-token');
  assert.equal(identity.questions, 2);
});

test('the cache is bounded, oldest first', async () => {
  const { identity, validator } = setUp({ maxEntries: 3 });
  for (const token of ['user-token', 'a', 'b', 'c']) await validator.validate(token);
  await validator.validate('c');
  assert.equal(identity.questions, 4);
  await validator.validate('user-token');
  assert.equal(identity.questions, 5);
});

test('expired tokens only on request, under a key of their own', async () => {
  const { identity, validator } = setUp();
  identity.subjects.set('old expired', 'u2');
  assert.equal(await validator.validate('old'), undefined);
  assert.equal((await validator.validate('old', { allowExpired: true }))?.userId, 'u2');
  assert.equal(await validator.validate('old'), undefined);
});

test('a refused service token is renewed once', async () => {
  const { identity, validator } = setUp();
  await validator.validate('user-token');
  identity.good.clear();
  assert.equal(await validator.validate('other'), undefined);
  assert.equal(identity.logins, 2);
});

test('without Keystone nobody is let in or thrown out', async () => {
  const { identity, validator } = setUp({ cacheSeconds: 0 });
  await validator.validate('user-token');
  identity.stop();
  await assert.rejects(validator.validate('user-token'), { kind: 'unavailable', retryable: true });
});

test('a wrong service password is unauthorized at the source, unavailable at the service', async () => {
  const { serviceToken, validator } = setUp({ password: 'wrong' });
  await assert.rejects(serviceToken.token(), { kind: 'unauthorized' });
  await assert.rejects(validator.validate('user-token'), { kind: 'unavailable' });
});

test('a service token is kept, renewed before it runs out, and fetched once for many', async () => {
  const { identity, serviceToken } = setUp();
  identity.lifeMs = 200;
  const tokens = await Promise.all([serviceToken.token(), serviceToken.token(), serviceToken.token()]);
  assert.deepEqual([new Set(tokens).size, identity.logins], [1, 1]);
  await new Promise((resolve) => setTimeout(resolve, 160));
  assert.equal(await serviceToken.token(), 'service-2');
  serviceToken.invalidate('service-1');
  assert.equal(identity.logins, 2);
  assert.equal(await serviceToken.token(), 'service-2');
});
