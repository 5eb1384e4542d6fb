/** Every operation that the services serve, from their contracts. */
import { cinderApi } from '@kumo/cinder/api';
import { isOperation, type Operation } from '@kumo/core/http';
import { glanceApi } from '@kumo/glance/api';
import { keystoneApi } from '@kumo/keystone/api';
import { neutronApi } from '@kumo/neutron/api';
import { novaApi } from '@kumo/nova/api';
import * as placement from '@kumo/placement/api';
import type { ServiceName } from '../api.ts';

const APIS: readonly (readonly [ServiceName, object])[] = [
  ['identity', keystoneApi],
  ['image', glanceApi],
  ['placement', placement],
  ['compute', novaApi],
  ['network', neutronApi],
  ['volume', cinderApi],
];

export const OPERATIONS: readonly { service: ServiceName; operation: Operation }[] = APIS.flatMap(([service, api]) =>
  Object.values(api)
    .filter(isOperation)
    .map((operation) => ({ service, operation })),
);
