import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestKeystone } from './harness.ts';
import { persona } from './persona.ts';

const NOBODY = 'f'.repeat(32);

type Expect = TestKeystone['expect'];

/** /v3/policies and OS-ENDPOINT-POLICY, on one database. */
export function policyDocumentsSuite(name: string, cloud: () => TestKeystone): void {
  const expect: Expect = (...args) => cloud().expect(...args);
  documentTests(name, expect);
  associationTests(name, expect);

  test(`${name}: who may read policy documents and who may write them`, async () => {
    const policy = await newPolicy(expect);
    const reader = await persona(cloud(), 'reader', 'system');
    const { id } = (await expect(200, 'GET', '/v3/projects?name=demo')).projects[0];
    const member = await persona(cloud(), 'member', { project: id });
    await expect(200, 'GET', `/v3/policies/${policy.id}`, { token: reader });
    await expect(403, 'DELETE', `/v3/policies/${policy.id}`, { token: reader });
    await expect(403, 'PUT', `/v3/policies/${policy.id}/OS-ENDPOINT-POLICY/services/x`, { token: reader });
    for (const path of [policy.id, NOBODY]) await expect(403, 'GET', `/v3/policies/${path}`, { token: member });
    await expect(204, 'DELETE', `/v3/policies/${policy.id}`);
  });
}

async function newPolicy(expect: Expect, type = 'application/json') {
  return (await expect(201, 'POST', '/v3/policies', { body: { policy: { type, blob: '{"a": "b"}' } } })).policy;
}

function documentTests(name: string, expect: Expect): void {
  test(`${name}: a policy document is made, shown, listed, changed and deleted`, async () => {
    const body = { policy: { type: 'x/y', blob: 'b'.repeat(100_000), 'made-by': 'me' } };
    const { policy } = await expect(201, 'POST', '/v3/policies', { body });
    assert.deepEqual([policy.made_by, policy.blob.length], ['me', 100_000]);
    const one = `/v3/policies/${policy.id}`;
    assert.deepEqual((await expect(200, 'GET', one)).policy, policy);
    await expect(200, 'HEAD', one);
    assert.deepEqual((await expect(200, 'GET', '/v3/policies?type=x/y')).policies, [policy]);
    assert.deepEqual((await expect(200, 'GET', '/v3/policies?type=z')).policies, []);
    const changed = await expect(200, 'PATCH', one, { body: { policy: { blob: 'new', more: true } } });
    assert.deepEqual([changed.policy.blob, changed.policy.type, changed.policy.more], ['new', 'x/y', true]);
    await expect(400, 'PATCH', one, { body: { policy: { id: NOBODY, blob: 'x' } } });
    for (const wrong of [{ blob: 'x' }, { type: 'x' }, { type: 'x', blob: 1 }, { type: 't'.repeat(256), blob: 'x' }])
      await expect(400, 'POST', '/v3/policies', { body: { policy: wrong } });
    await expect(400, 'PATCH', one, { body: { policy: {} } });
    await expect(404, 'PATCH', `/v3/policies/${NOBODY}`, { body: { policy: { blob: 'x' } } });
    await expect(204, 'DELETE', one);
    await expect(404, 'GET', one);
    await expect(404, 'DELETE', one);
  });
}

function associationTests(name: string, expect: Expect): void {
  test(`${name}: an endpoint’s own policy counts before its region’s, its regions above and its service’s`, async () => {
    await expect(201, 'PUT', '/v3/regions/top', { body: { region: {} } });
    await expect(201, 'PUT', '/v3/regions/below', { body: { region: { parent_region_id: 'top' } } });
    const { service } = await expect(201, 'POST', '/v3/services', { body: { service: { type: 'p', name: 'p' } } });
    const wanted = { service_id: service.id, interface: 'public', url: 'http://p', region_id: 'below' };
    const { endpoint } = await expect(201, 'POST', '/v3/endpoints', { body: { endpoint: wanted } });
    const effective = `/v3/endpoints/${endpoint.id}/OS-ENDPOINT-POLICY/policy`;
    const { error } = await expect(404, 'GET', effective);
    assert.equal(error.message, `No policy is associated with endpoint ${endpoint.id}.`);
    const places = [
      `services/${service.id}`,
      `services/${service.id}/regions/top`,
      `services/${service.id}/regions/below`,
      `endpoints/${endpoint.id}`,
    ];
    const policies: { id: string }[] = [];
    for (const place of places) {
      const policy = await newPolicy(expect);
      const association = `/v3/policies/${policy.id}/OS-ENDPOINT-POLICY/${place}`;
      await expect(404, 'GET', association);
      await expect(204, 'PUT', association);
      await expect(204, 'PUT', association);
      await expect(204, 'GET', association);
      await expect(204, 'HEAD', association);
      assert.equal((await expect(200, 'GET', effective)).policy.id, policy.id);
      await expect(200, 'HEAD', effective);
      const { endpoints } = await expect(200, 'GET', `/v3/policies/${policy.id}/OS-ENDPOINT-POLICY/endpoints`);
      assert.deepEqual([endpoints.length, endpoints[0].id], [1, endpoint.id]);
      policies.push(policy);
    }
    for (const [at, place] of [...places.entries()].toReversed()) {
      const own = `/v3/policies/${policies[at]?.id}/OS-ENDPOINT-POLICY/${place}`;
      assert.equal((await expect(200, 'GET', effective)).policy.id, policies[at]?.id);
      await expect(204, 'DELETE', own);
      await expect(204, 'DELETE', own);
      await expect(404, 'GET', own);
    }
    await expect(404, 'GET', effective);
    for (const { id } of policies) await expect(204, 'DELETE', `/v3/policies/${id}`);
    await expect(204, 'DELETE', `/v3/services/${service.id}`);
    await expect(204, 'DELETE', '/v3/regions/top');
  });

  test(`${name}: a place has one policy, and associations go with what they join`, async () => {
    const { service } = await expect(201, 'POST', '/v3/services', { body: { service: { type: 'q', name: 'q' } } });
    const [one, two] = [await newPolicy(expect), await newPolicy(expect)];
    const association = (policy: { id: string }) =>
      `/v3/policies/${policy.id}/OS-ENDPOINT-POLICY/services/${service.id}`;
    await expect(204, 'PUT', association(one));
    await expect(204, 'PUT', association(two));
    await expect(404, 'GET', association(one));
    await expect(204, 'GET', association(two));
    await expect(204, 'DELETE', association(one));
    await expect(204, 'GET', association(two));
    const base = `/v3/policies/${one.id}/OS-ENDPOINT-POLICY`;
    for (const path of [`endpoints/${NOBODY}`, `services/${NOBODY}`, `services/${service.id}/regions/nowhere`])
      for (const method of ['PUT', 'GET', 'DELETE']) await expect(404, method, `${base}/${path}`);
    for (const method of ['PUT', 'GET', 'DELETE'])
      await expect(404, method, `/v3/policies/${NOBODY}/OS-ENDPOINT-POLICY/services/${service.id}`);
    await expect(404, 'GET', `/v3/policies/${NOBODY}/OS-ENDPOINT-POLICY/endpoints`);
    await expect(404, 'GET', `/v3/endpoints/${NOBODY}/OS-ENDPOINT-POLICY/policy`);
    await expect(204, 'DELETE', `/v3/services/${service.id}`);
    await expect(204, 'DELETE', `/v3/policies/${two.id}`);
    await expect(204, 'DELETE', `/v3/policies/${one.id}`);
  });
}
