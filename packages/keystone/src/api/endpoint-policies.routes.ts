import { implement, keystoneLinks, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import {
  checkEndpointPolicy,
  checkRegionPolicy,
  checkServicePolicy,
  listPolicyEndpoints,
  removeEndpointPolicy,
  removeRegionPolicy,
  removeServicePolicy,
  setEndpointPolicy,
  setRegionPolicy,
  setServicePolicy,
  showPolicyOfEndpoint,
} from './endpoint-policies.ts';
import { endpointToWire } from './wire/catalog.ts';
import { policyToWire } from './wire/policies.ts';

type Ids = Readonly<Record<'policy_id' | 'service_id' | 'region_id', string>>;
const inRegion = ({ service_id: serviceId, region_id: regionId }: Ids) => ({ serviceId, regionId });

export function endpointPolicyRoutes({ policyAssociations: places }: KeystoneParts): Route[] {
  return [
    implement(setEndpointPolicy, ({ params }) => places.set(params.policy_id, { endpointId: params.endpoint_id })),
    implement(checkEndpointPolicy, ({ params }) => places.check(params.policy_id, { endpointId: params.endpoint_id })),
    implement(removeEndpointPolicy, ({ params }) =>
      places.remove(params.policy_id, { endpointId: params.endpoint_id }),
    ),
    implement(setServicePolicy, ({ params }) => places.set(params.policy_id, { serviceId: params.service_id })),
    implement(checkServicePolicy, ({ params }) => places.check(params.policy_id, { serviceId: params.service_id })),
    implement(removeServicePolicy, ({ params }) => places.remove(params.policy_id, { serviceId: params.service_id })),
    implement(setRegionPolicy, ({ params }) => places.set(params.policy_id, inRegion(params))),
    implement(checkRegionPolicy, ({ params }) => places.check(params.policy_id, inRegion(params))),
    implement(removeRegionPolicy, ({ params }) => places.remove(params.policy_id, inRegion(params))),
    implement(listPolicyEndpoints, async ({ params, request }) => {
      const endpoints = await places.endpointsOf(params.policy_id);
      return { endpoints: endpoints.map((one) => endpointToWire(one, request)), links: keystoneLinks(request) };
    }),
    implement(showPolicyOfEndpoint, async ({ params, request }) => ({
      policy: policyToWire(await places.effective(params.endpoint_id), request, 'endpoints'),
    })),
  ];
}
