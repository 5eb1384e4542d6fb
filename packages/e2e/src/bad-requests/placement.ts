import { type BadRequest, type Known, NOBODY, refused, TOO_LONG } from './bad-request.ts';

const bad = refused('placement');
const asAdmin = (body: unknown, says?: RegExp) => ({ as: 'admin' as const, body, says });

export const placementRequests = ({ providerId, projectId, userId }: Known): BadRequest[] => {
  const claim = (resources: object, provider = providerId) => ({
    ...asAdmin({
      allocations: { [provider]: { resources } },
      consumer_generation: null,
      consumer_type: 'INSTANCE',
      project_id: projectId,
      user_id: userId,
    }),
  });
  return [
    bad('no token', 401, 'GET', '/resource_providers', { as: null }),
    bad('the token of a member', 403, 'GET', '/resource_providers'),
    bad('a provider without a name', 400, 'POST', '/resource_providers', asAdmin({}, /name/)),
    bad('an overlong name', 400, 'POST', '/resource_providers', asAdmin({ name: TOO_LONG }, /name|long/)),
    bad('an id that is no UUID', 400, 'POST', '/resource_providers', asAdmin({ name: 'p', uuid: 'me' }, /uuid/)),
    bad('an unknown provider', 404, 'GET', `/resource_providers/${NOBODY}`, { as: 'admin', says: new RegExp(NOBODY) }),
    bad(
      'an inventory of nothing',
      400,
      'PUT',
      `/resource_providers/${providerId}/inventories/VCPU`,
      asAdmin({ resource_provider_generation: 0, total: 0 }, /total|minimum/),
    ),
    bad(
      'a generation that has passed',
      409,
      'PUT',
      `/resource_providers/${providerId}/inventories/VCPU`,
      asAdmin({ resource_provider_generation: 99_999, total: 4 }, /generation/),
    ),
    bad('more than there is', 409, 'PUT', `/allocations/${NOBODY}`, claim({ VCPU: 2_000_000_000 })),
    bad('a resource that is none', 400, 'PUT', `/allocations/${NOBODY}`, claim({ LOVE: 1 })),
    bad('a negative amount', 400, 'PUT', `/allocations/${NOBODY}`, claim({ VCPU: -1 })),
    bad('an unknown provider to claim from', 400, 'PUT', `/allocations/${NOBODY}`, claim({ VCPU: 1 }, NOBODY)),
    bad('candidates for nothing', 400, 'GET', '/allocation_candidates', { as: 'admin' }),
    bad('a trait whose name is none', 400, 'PUT', '/traits/small', { as: 'admin' }),
    bad('a microversion of the future', 406, 'GET', '/resource_providers', {
      as: 'admin',
      headers: { 'openstack-api-version': 'placement 1.999' },
    }),
  ];
};
