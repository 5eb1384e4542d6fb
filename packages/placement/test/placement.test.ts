import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Daemon } from '@kumo/core/daemon';
import { recordCall } from '../../core/src/testing/api-record.ts';
import { type TestEnv, testEnv } from '../../core/src/testing/env.ts';
import { onDatabases } from '../../core/src/testing/on-databases.ts';
import { placementApi } from '../src/service.ts';

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes are looked into
  body: any;
  headers: Record<string, unknown>;
}

class Api {
  readonly #daemon: Daemon;
  constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  async ask(
    method: 'GET' | 'PUT' | 'POST' | 'DELETE',
    url: string,
    options: { body?: unknown; version?: string; token?: string } = {},
  ): Promise<Answer> {
    const { body, version = '1.39', token = 'service' } = options;
    const reply = await this.#daemon.app!.inject({
      method,
      url,
      headers: {
        'x-auth-token': token,
        'openstack-api-version': `placement ${version}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      payload: body === undefined ? undefined : JSON.stringify(body),
    });
    recordCall({ method, url, status: reply.statusCode });
    return { status: reply.statusCode, body: reply.body ? JSON.parse(reply.body) : undefined, headers: reply.headers };
  }

  async host(name = `host-${randomUUID()}`, vcpus = 4): Promise<{ uuid: string; generation: number }> {
    const { body } = await this.ask('POST', '/resource_providers', { body: { name } });
    const inventories = { VCPU: { total: vcpus, allocation_ratio: 1 }, MEMORY_MB: { total: 4096, reserved: 512 } };
    const { body: after } = await this.ask('PUT', `/resource_providers/${body.uuid}/inventories`, {
      body: { resource_provider_generation: 0, inventories },
    });
    return { uuid: body.uuid, generation: after.resource_provider_generation };
  }

  claim(consumer: string, provider: string, vcpus: number, generation: number | null = null): Promise<Answer> {
    const body = {
      allocations: { [provider]: { resources: { VCPU: vcpus } } },
      project_id: 'p',
      user_id: 'u',
      consumer_generation: generation,
      consumer_type: 'INSTANCE',
    };
    return this.ask('PUT', `/allocations/${consumer}`, { body });
  }
}

onDatabases('placement', (database) => {
  let env: TestEnv;
  let daemon: Daemon;
  let api: Api;
  before(async () => {
    env = testEnv({ databaseUrl: database.url });
    daemon = await placementApi(env, { maxCandidates: 1000 });
    api = new Api(daemon);
  });
  after(async () => {
    await daemon.stop();
    await env.cleanUp();
  });

  test('the root document tells the versions without a token', async () => {
    const reply = await daemon.app!.inject({ method: 'GET', url: '/' });
    assert.equal(reply.statusCode, 200);
    assert.deepEqual(reply.json().versions[0].id, 'v1.0');
    assert.equal(reply.json().versions[0].max_version, '1.39');
  });

  test('a provider is made, shown, renamed and deleted, in the shape of its version', async () => {
    const created = await api.ask('POST', '/resource_providers', { body: { name: `n-${randomUUID()}` } });
    assert.equal(created.status, 200);
    const { uuid, name } = created.body;
    assert.equal(created.body.root_provider_uuid, uuid);
    const old = await api.ask('GET', `/resource_providers/${uuid}`, { version: '1.0' });
    assert.deepEqual(Object.keys(old.body).sort(), ['generation', 'links', 'name', 'uuid']);
    assert.equal((await api.ask('POST', '/resource_providers', { body: { name } })).status, 409);
    const renamed = await api.ask('PUT', `/resource_providers/${uuid}`, { body: { name: `${name}-2` } });
    assert.equal(renamed.body.name, `${name}-2`);
    assert.equal((await api.ask('DELETE', `/resource_providers/${uuid}`)).status, 204);
    assert.equal((await api.ask('GET', `/resource_providers/${uuid}`)).status, 404);
    const former = await api.ask('POST', '/resource_providers', {
      body: { name: `n-${randomUUID()}` },
      version: '1.19',
    });
    assert.equal(former.status, 201);
    assert.equal(former.body, undefined);
  });

  test('only services and admins are let in', async () => {
    assert.equal((await api.ask('GET', '/resource_providers', { token: 'member' })).status, 403);
    assert.equal((await api.ask('GET', '/resource_providers', { token: 'nobody' })).status, 401);
    assert.equal(
      (await api.ask('GET', '/usages?project_id=22222222222222222222222222222222', { token: 'member' })).status,
      403,
    );
    assert.equal(
      (await api.ask('GET', '/usages?project_id=11111111111111111111111111111111', { token: 'member' })).status,
      200,
    );
  });

  test('inventories are guarded by the generation and by what is allocated', async () => {
    const { uuid, generation } = await api.host();
    const stale = await api.ask('PUT', `/resource_providers/${uuid}/inventories`, {
      body: { resource_provider_generation: 0, inventories: {} },
    });
    assert.equal(stale.status, 409);
    assert.equal(stale.body.errors[0].code, 'placement.concurrent_update');
    assert.equal((await api.claim(randomUUID(), uuid, 2)).status, 204);
    const inUse = await api.ask('PUT', `/resource_providers/${uuid}/inventories`, {
      body: { resource_provider_generation: generation + 1, inventories: {} },
    });
    assert.equal(inUse.body.errors[0].code, 'placement.inventory.inuse');
    const usages = await api.ask('GET', `/resource_providers/${uuid}/usages`);
    assert.deepEqual(usages.body.usages, { MEMORY_MB: 0, VCPU: 2 });
    const unknown = await api.ask('PUT', `/resource_providers/${uuid}/inventories/CUSTOM_NO`, {
      body: { resource_provider_generation: generation + 1, total: 1 },
    });
    assert.equal(unknown.status, 400);
  });

  test('a claim never exceeds the capacity, however many race for it', async () => {
    const { uuid } = await api.host(undefined, 4);
    const answers = await Promise.all(Array.from({ length: 10 }, () => api.claim(randomUUID(), uuid, 1)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [204, 204, 204, 204, 409, 409, 409, 409, 409, 409]);
    const { body } = await api.ask('GET', `/resource_providers/${uuid}/usages`);
    assert.equal(body.usages.VCPU, 4);
  });

  test('consumer generations guard a claim; an empty one gives everything back', async () => {
    const { uuid } = await api.host();
    const consumer = randomUUID();
    assert.equal((await api.claim(consumer, uuid, 1)).status, 204);
    assert.equal((await api.claim(consumer, uuid, 2)).status, 409);
    assert.equal((await api.claim(consumer, uuid, 2, 1)).status, 204);
    const shown = await api.ask('GET', `/allocations/${consumer}`);
    assert.deepEqual(shown.body.allocations[uuid].resources, { VCPU: 2 });
    assert.equal(shown.body.consumer_generation, 2);
    const body = {
      allocations: {},
      project_id: 'p',
      user_id: 'u',
      consumer_generation: 2,
      consumer_type: 'INSTANCE',
    };
    assert.equal((await api.ask('PUT', `/allocations/${consumer}`, { body })).status, 204);
    assert.deepEqual((await api.ask('GET', `/allocations/${consumer}`)).body, { allocations: {} });
    assert.equal((await api.ask('DELETE', `/allocations/${consumer}`)).status, 404);
    assert.equal((await api.ask('GET', `/resource_providers/${uuid}/usages`)).body.usages.VCPU, 0);
  });

  test('candidates have room, traits and aggregates that were asked for', async () => {
    const small = await api.host(undefined, 1);
    const large = await api.host(undefined, 64);
    const aggregate = randomUUID();
    await api.ask('PUT', '/traits/CUSTOM_FAST');
    assert.equal(
      (
        await api.ask('PUT', `/resource_providers/${large.uuid}/traits`, {
          body: { resource_provider_generation: large.generation, traits: ['CUSTOM_FAST', 'COMPUTE_NODE'] },
        })
      ).status,
      200,
    );
    assert.equal(
      (
        await api.ask('PUT', `/resource_providers/${large.uuid}/aggregates`, {
          body: { resource_provider_generation: large.generation + 1, aggregates: [aggregate] },
        })
      ).status,
      200,
    );
    const find = async (query: string) =>
      Object.keys((await api.ask('GET', `/allocation_candidates?${query}`)).body.provider_summaries);
    assert.ok((await find('resources=VCPU:1')).includes(small.uuid));
    assert.deepEqual(await find('resources=VCPU:32'), [large.uuid]);
    assert.deepEqual(await find('resources=VCPU:1&required=CUSTOM_FAST'), [large.uuid]);
    assert.ok(!(await find('resources=VCPU:1&required=!CUSTOM_FAST')).includes(large.uuid));
    assert.deepEqual(await find(`resources=VCPU:1&member_of=${aggregate}`), [large.uuid]);
    assert.deepEqual(await find('resources=VCPU:1&required=in:CUSTOM_FAST,HW_CPU_X86_VMX'), [large.uuid]);
    assert.equal((await find('resources=VCPU:1&limit=1')).length, 1);
    for (const bad of [
      'resources=VCPU',
      'resources=VCPU:0',
      'resources=CUSTOM_NO:1',
      'resources=VCPU:1&required=CUSTOM_NO',
      'required=COMPUTE_NODE',
      'resources=VCPU:1&unknown=1',
      'resources1=VCPU:1&resources=VCPU:1',
    ]) {
      assert.equal((await api.ask('GET', `/allocation_candidates?${bad}`)).status, 400, bad);
    }
  });

  test('providers form a forest without loops', async () => {
    const root = await api.host();
    const child = (
      await api.ask('POST', '/resource_providers', {
        body: { name: `c-${randomUUID()}`, parent_provider_uuid: root.uuid },
      })
    ).body;
    assert.equal(child.root_provider_uuid, root.uuid);
    assert.equal(
      (await api.ask('DELETE', `/resource_providers/${root.uuid}`)).body.errors[0].code,
      'placement.resource_provider.cannot_delete_parent',
    );
    const name = `r-${randomUUID()}`;
    assert.equal(
      (await api.ask('PUT', `/resource_providers/${root.uuid}`, { body: { name, parent_provider_uuid: child.uuid } }))
        .status,
      400,
    );
    assert.equal((await api.ask('GET', `/resource_providers?in_tree=${child.uuid}`)).body.resource_providers.length, 2);
    assert.equal(
      (
        await api.ask('PUT', `/resource_providers/${child.uuid}`, {
          body: { name: child.name, parent_provider_uuid: null },
          version: '1.36',
        })
      ).status,
      400,
    );
    assert.equal(
      (
        await api.ask('PUT', `/resource_providers/${child.uuid}`, {
          body: { name: child.name, parent_provider_uuid: null },
        })
      ).body.root_provider_uuid,
      child.uuid,
    );
  });

  test('bad input is a 400 that names the field', async () => {
    const { uuid, generation } = await api.host();
    const cases: [string, string, unknown, RegExp][] = [
      ['POST', '/resource_providers', { name: '' }, /name/],
      ['POST', '/resource_providers', { name: 'x', uuid: 'nope' }, /uuid/],
      ['POST', '/resource_providers', {}, /name/],
      [
        'PUT',
        `/resource_providers/${uuid}/inventories`,
        { resource_provider_generation: generation, inventories: { VCPU: { total: 0 } } },
        /total/,
      ],
      [
        'PUT',
        `/resource_providers/${uuid}/inventories`,
        { resource_provider_generation: generation, inventories: { VCPU: { total: 1, reserved: 2 } } },
        /reserved/,
      ],
      [
        'PUT',
        `/allocations/${randomUUID()}`,
        { allocations: {}, project_id: 'p', user_id: 'u', consumer_type: 'A' },
        /consumer_generation/,
      ],
      ['PUT', '/traits/not_upper', undefined, /name/],
    ];
    for (const [method, url, body, message] of cases) {
      const reply = await api.ask(method as 'POST', url, { body });
      assert.equal(reply.status, 400, `${method} ${url}`);
      assert.match(reply.body.errors[0].detail, message);
    }
    assert.equal((await api.ask('GET', '/resource_providers', { version: '1.99' })).status, 406);
  });
});
