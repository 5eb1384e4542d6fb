import type { ServiceName } from '@kumo/core/daemon';
import { type Operation, operationsIn } from '@kumo/core/http';
import type { Policy } from '@kumo/core/policy';

/** A service's contracts and the defaults of its policies, as its daemon has them. */
export interface ServicePolicies {
  readonly service: ServiceName;
  readonly operations: readonly Operation[];
  readonly policies: readonly Policy[];
}

type Load = () => Promise<Omit<ServicePolicies, 'service'>>;

/** Loaded one by one: a command asks about one service. */
const LOADS: Readonly<Record<ServiceName, Load>> = {
  keystone: async () => {
    const { keystoneOperations, keystonePolicies } = await import('@kumo/keystone/api');
    return { operations: keystoneOperations, policies: keystonePolicies };
  },
  glance: async () => {
    const { glanceApi, glancePolicies } = await import('@kumo/glance/api');
    return { operations: operationsIn(glanceApi), policies: glancePolicies };
  },
  placement: async () => {
    const api = await import('@kumo/placement/api');
    return { operations: operationsIn(api), policies: api.placementPolicies };
  },
  nova: async () => {
    const { novaApi, novaPolicies } = await import('@kumo/nova/api');
    return { operations: operationsIn(novaApi), policies: novaPolicies };
  },
  neutron: async () => {
    const { neutronApi, neutronPolicies } = await import('@kumo/neutron/api');
    return { operations: operationsIn(neutronApi), policies: neutronPolicies };
  },
  cinder: async () => {
    const { cinderApi, cinderPolicies } = await import('@kumo/cinder/api');
    return { operations: operationsIn(cinderApi), policies: cinderPolicies };
  },
};

/** Service types of the catalog, by which people know the services as well. */
const TYPES: Readonly<Record<string, ServiceName>> = {
  identity: 'keystone',
  image: 'glance',
  compute: 'nova',
  network: 'neutron',
  volumev3: 'cinder',
  'block-storage': 'cinder',
};

export const POLICY_SERVICES = Object.keys(LOADS);

/** What a service declares, by its name or its type; undefined for a name that is neither. */
export async function servicePolicies(name: string): Promise<ServicePolicies | undefined> {
  const service = TYPES[name] ?? (name as ServiceName);
  if (!Object.hasOwn(LOADS, service)) return undefined;
  return { service, ...(await LOADS[service]()) };
}

/** `GET /v3/users` of an operation, with the action's name where there is one. */
export function callOf({ method, path, action }: Operation): string {
  return `${method} ${path}${action === undefined ? '' : ` (${action})`}`;
}
