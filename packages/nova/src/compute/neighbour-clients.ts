import { cinderApi } from '@kumo/cinder/api';
import { client, ServiceTokenSource } from '@kumo/core/client';
import type { DaemonEnv } from '@kumo/core/daemon';
import { glanceApi } from '@kumo/glance/api';
import { neutronApi } from '@kumo/neutron/api';
import * as placementApi from '@kumo/placement/api';
import { PLACEMENT_VERSION, type Placement } from './allocations.ts';
import type { Glance } from './image-cache.ts';
import type { Neutron } from './network-side.ts';
import { CINDER_VERSION, type Cinder } from './volume-side.ts';

export interface NeighbourClients {
  readonly glance: Glance;
  readonly neutron: Neutron;
  readonly cinder: Cinder;
  readonly placement: Placement;
}

/** Clients of the other services, with the token of Nova's own user. */
export function neighbourClients(env: DaemonEnv, from: string): NeighbourClients {
  const source = new ServiceTokenSource({ transport: env.transport('keystone'), from, ...env.serviceUser('nova') });
  const common = { from, token: () => source.token() };
  return {
    glance: client(glanceApi, env.transport('glance-api'), { ...common, to: 'glance-api' }),
    neutron: client(neutronApi, env.transport('neutron-server'), { ...common, to: 'neutron-server' }),
    cinder: client(cinderApi, env.transport('cinder-api'), {
      ...common,
      to: 'cinder-api',
      serviceType: 'volume',
      version: CINDER_VERSION,
    }),
    placement: client(placementApi, env.transport('placement-api'), {
      ...common,
      to: 'placement-api',
      serviceType: 'placement',
      version: PLACEMENT_VERSION,
    }),
  };
}
