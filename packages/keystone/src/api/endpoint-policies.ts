import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { EndpointBody } from './endpoints.ts';
import { PolicyBody } from './policies.ts';
import { ADMIN, ADMIN_OR_SYSTEM_READER, cloudScope } from './rules.ts';
import { listOf } from './shared-schemas.ts';

const BASE = '/v3/policies/{policy_id}/OS-ENDPOINT-POLICY';
const FOR_ENDPOINT = `${BASE}/endpoints/{endpoint_id}` as const;
const FOR_SERVICE = `${BASE}/services/{service_id}` as const;
const FOR_REGION = `${FOR_SERVICE}/regions/{region_id}` as const;

export const setEndpointPolicy = operation({
  name: 'setEndpointPolicy',
  method: 'PUT',
  path: FOR_ENDPOINT,
  policy: cloudScope('create_policy_association_for_endpoint', ADMIN),
  status: 204,
  errors: [401, 403, 404],
});

export const checkEndpointPolicy = operation({
  name: 'checkEndpointPolicy',
  method: 'GET',
  path: FOR_ENDPOINT,
  head: true,
  policy: cloudScope('check_policy_association_for_endpoint', ADMIN_OR_SYSTEM_READER),
  status: 204,
  errors: [401, 403, 404],
});

export const removeEndpointPolicy = operation({
  name: 'removeEndpointPolicy',
  method: 'DELETE',
  path: FOR_ENDPOINT,
  policy: cloudScope('delete_policy_association_for_endpoint', ADMIN),
  status: 204,
  errors: [401, 403, 404],
});

export const setServicePolicy = operation({
  name: 'setServicePolicy',
  method: 'PUT',
  path: FOR_SERVICE,
  policy: cloudScope('create_policy_association_for_service', ADMIN),
  status: 204,
  errors: [401, 403, 404],
});

export const checkServicePolicy = operation({
  name: 'checkServicePolicy',
  method: 'GET',
  path: FOR_SERVICE,
  head: true,
  policy: cloudScope('check_policy_association_for_service', ADMIN_OR_SYSTEM_READER),
  status: 204,
  errors: [401, 403, 404],
});

export const removeServicePolicy = operation({
  name: 'removeServicePolicy',
  method: 'DELETE',
  path: FOR_SERVICE,
  policy: cloudScope('delete_policy_association_for_service', ADMIN),
  status: 204,
  errors: [401, 403, 404],
});

export const setRegionPolicy = operation({
  name: 'setRegionPolicy',
  method: 'PUT',
  path: FOR_REGION,
  policy: cloudScope('create_policy_association_for_region_and_service', ADMIN),
  status: 204,
  errors: [401, 403, 404],
});

export const checkRegionPolicy = operation({
  name: 'checkRegionPolicy',
  method: 'GET',
  path: FOR_REGION,
  head: true,
  policy: cloudScope('check_policy_association_for_region_and_service', ADMIN_OR_SYSTEM_READER),
  status: 204,
  errors: [401, 403, 404],
});

export const removeRegionPolicy = operation({
  name: 'removeRegionPolicy',
  method: 'DELETE',
  path: FOR_REGION,
  policy: cloudScope('delete_policy_association_for_region_and_service', ADMIN),
  status: 204,
  errors: [401, 403, 404],
});

export const listPolicyEndpoints = operation({
  name: 'listPolicyEndpoints',
  method: 'GET',
  path: `${BASE}/endpoints`,
  head: true,
  policy: cloudScope('list_endpoints_for_policy', ADMIN_OR_SYSTEM_READER),
  reply: listOf('endpoints', EndpointBody),
  errors: [401, 403, 404],
});

export const showPolicyOfEndpoint = operation({
  name: 'showPolicyOfEndpoint',
  method: 'GET',
  path: '/v3/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy',
  head: true,
  policy: cloudScope('get_policy_for_endpoint', ADMIN_OR_SYSTEM_READER),
  reply: T.Object({ policy: PolicyBody }),
  errors: [401, 403, 404],
});
